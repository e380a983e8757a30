-- gate: queue-storage-damaged
-- needs: awa.schema_version
-- Awa's migrations find a queue-storage schema by its claim function and the state tables of its rings. They silently
-- skip one that has lost such a table (Awa 0.6.9).
SELECT 'queue-storage-damaged' AS code,
       format('Queue-storage schema %s of database %I has lost tables of its rings: Awa''s migrations would silently '
              'skip it.', array_to_string((array_agg(n.nspname ORDER BY n.nspname))[:8], ', ')
              || CASE WHEN count(*) > 8 THEN format(' and %s more', count(*) - 8) ELSE '' END, current_database()) AS message,
       'Restore the tables from a backup, or drop the schema if nothing in it is needed; awa-infra verify shows it.' AS hint
  FROM pg_catalog.pg_proc p
  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
 WHERE p.proname = 'claim_ready_runtime'
   AND pg_catalog.oidvectortypes(p.proargtypes) = 'text, bigint, double precision, double precision'
   AND n.nspname <> 'awa'
   AND 3 > (SELECT count(*) FROM pg_catalog.pg_class c
             WHERE c.relnamespace = n.oid AND c.relkind = 'r'
               AND c.relname IN ('queue_ring_state', 'lease_ring_state', 'claim_ring_state'))
HAVING count(*) > 0 AND (SELECT coalesce(max(v.version), 0) FROM awa.schema_version v) < {target_version}
