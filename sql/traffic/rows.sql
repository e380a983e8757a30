-- About how many ready and done rows each queue-storage schema has, which every run of its installer scans: from the
-- statistics, or where there are none, as in a restored database, from the size on disk.
SELECT e.schema, sum(CASE WHEN e.unknown THEN e.by_size ELSE e.known END)::bigint AS rows, bool_or(e.unknown) AS by_size
  FROM (SELECT n.nspname::text AS schema,
               greatest(c.reltuples, pg_catalog.pg_stat_get_live_tuples(c.oid)) AS known,
               pg_catalog.pg_relation_size(c.oid) / {row_bytes} AS by_size,
               c.reltuples <= 0 AND pg_catalog.pg_stat_get_live_tuples(c.oid) = 0
                 AND pg_catalog.pg_relation_size(c.oid) > 0 AS unknown
          FROM pg_catalog.pg_proc p
          JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
          JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relkind = 'r'
           AND c.relname ~ '^(ready|done)_entries_[0-9]+$'
         WHERE p.proname = 'claim_ready_runtime') AS e
 GROUP BY e.schema
