-- The tool's history says that it has run the script of a queue-storage schema, so it would never run it again.
SELECT 'schema-gone' AS code,
       format('Queue-storage schema %s was installed in database %I, as the tool remembers, and is not there any more.',
              {schema}, current_database()) AS message,
       'Package the bundle without it, then with it: its script comes again under another name. Then run this again.'
         AS hint
 WHERE EXISTS (SELECT
                 FROM (
{history}
                      ) AS h
                WHERE h.outcome <> 'failed'
                  -- Some tools record only the last number.
                  AND CASE WHEN {last} THEN lpad(h.identity, 12, '0') >= lpad({identity}, 12, '0')
                           ELSE h.identity = {identity} END)
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c
                     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                    WHERE n.nspname = {schema} AND c.relname = 'queue_ring_state')
