-- note: window
-- How often the plan scans the ready and done rows of each queue-storage schema: every replay of the installer does, in
-- migrations those of every schema. The rate was measured; row counts are the planner's and the statistics collector's,
-- or where there are no statistics, as in a restored database, estimated from the size on disk.
SELECT 'window' AS code,
       format('Schema %I: about %s ready and done rows%s are scanned %s times, about %s s.',
              n.nspname, w.row_count,
              CASE WHEN w.by_size THEN ' (estimated from the size on disk: there are no statistics)' ELSE '' END,
              r.replays, ceil(w.row_count * r.replays * {row_seconds})) AS message
  FROM pg_catalog.pg_namespace n
 CROSS JOIN LATERAL (SELECT {replays} + cardinality(array_positions({installs}::text[], n.nspname::text))
                              AS replays) r
 CROSS JOIN LATERAL (SELECT sum(CASE WHEN e.unknown THEN e.by_size ELSE e.known END)::bigint AS row_count,
                            bool_or(e.unknown) AS by_size
                       FROM (SELECT greatest(c.reltuples, pg_catalog.pg_stat_get_live_tuples(c.oid)) AS known,
                                    pg_catalog.pg_relation_size(c.oid) / {row_bytes} AS by_size,
                                    c.reltuples <= 0 AND pg_catalog.pg_stat_get_live_tuples(c.oid) = 0
                                      AND pg_catalog.pg_relation_size(c.oid) > 0 AS unknown
                               FROM pg_catalog.pg_class c
                              WHERE c.relnamespace = n.oid AND c.relkind = 'r'
                                AND c.relname ~ '^(ready|done)_entries_[0-9]+$') e) w
 WHERE EXISTS (SELECT FROM pg_catalog.pg_proc p WHERE p.pronamespace = n.oid AND p.proname = 'claim_ready_runtime')
   AND r.replays > 0
   AND w.row_count > 0
