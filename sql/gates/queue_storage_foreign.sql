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
   -- Objects of any kind. Default privileges for new ones are none, and neither is a publication of the schema.
   AND EXISTS (SELECT FROM pg_catalog.pg_depend d
                JOIN pg_catalog.pg_class k ON k.oid = d.classid
                WHERE d.refclassid = 'pg_catalog.pg_namespace'::regclass AND d.refobjid = n.oid
                  AND k.relname NOT IN ('pg_default_acl', 'pg_publication_namespace'))
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c
                    WHERE c.relnamespace = n.oid AND c.relname = 'queue_ring_state')
