-- note: window
-- What the plan locks exclusively, and for about how long: every replay of the queue-storage installer scans the
-- ready and done rows again, in migrations those of every schema. The rate was measured; row counts are the planner's
-- and the statistics collector's.
SELECT 'window' AS code,
       format('Schema %I: ready_entries, done_entries and %s more tables with their partitions are locked exclusively until the end; about %s ready and done rows are scanned %s times, about %s s.',
              n.nspname, (SELECT count(*) FROM pg_catalog.pg_class o
                           WHERE o.relnamespace = n.oid AND o.relkind IN ('r', 'p') AND NOT o.relispartition) - 2,
              w.row_count, r.replays, ceil(w.row_count * r.replays * {row_seconds})) AS message
  FROM pg_catalog.pg_namespace n
 CROSS JOIN LATERAL (SELECT {replays} + cardinality(array_positions({installs}::text[], n.nspname::text))
                              AS replays) r
 CROSS JOIN LATERAL (SELECT sum(greatest(c.reltuples, pg_catalog.pg_stat_get_live_tuples(c.oid)))::bigint AS row_count
                       FROM pg_catalog.pg_class c
                      WHERE c.relnamespace = n.oid AND c.relkind = 'r'
                        AND c.relname ~ '^(ready|done)_entries_[0-9]+$') w
 WHERE EXISTS (SELECT FROM pg_catalog.pg_proc p WHERE p.pronamespace = n.oid AND p.proname = 'claim_ready_runtime')
   AND r.replays > 0
   AND w.row_count > 0
