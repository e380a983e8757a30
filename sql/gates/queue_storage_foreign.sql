-- gate: queue-storage-foreign
-- per: queue-storage
SELECT 'queue-storage-foreign' AS code,
       format('Schema %I exists in database %I and holds objects, but it is no queue-storage schema.',
              n.nspname, current_database()) AS message,
       'Choose another name for the queue-storage schema; nothing here touches foreign objects.' AS hint
  FROM pg_catalog.pg_namespace n
 WHERE n.nspname = {schema}
   -- An old one may well be without queue storage; migrations bring it.
   AND n.nspname <> 'awa'
   AND EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.relnamespace = n.oid)
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c
                    WHERE c.relnamespace = n.oid AND c.relname = 'queue_ring_state')
