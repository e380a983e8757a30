-- gate: window-too-long
-- when: pending
-- for: engine
-- Every replay of the queue-storage installer scans the ready and done rows again under locks: those of
-- migrations over every queue-storage schema, a repair's own over one. Without statistics, as in a restored database,
-- rows are estimated from the size on disk.
SELECT 'window-too-long' AS code,
       format('Workers and producers would wait for about %s s, while the installer scans about %s ready and done rows, each time that it runs counted; the limit is %s s.',
              round(w.scans * {row_seconds}), w.scans, {max_window}) AS message,
       'Do it while the queues are short, or raise --max-window.' AS hint
  FROM (SELECT sum(CASE WHEN c.reltuples <= 0 AND pg_catalog.pg_stat_get_live_tuples(c.oid) = 0
                        THEN pg_catalog.pg_relation_size(c.oid) / {row_bytes}
                        ELSE greatest(c.reltuples, pg_catalog.pg_stat_get_live_tuples(c.oid)) END
                   * ({replays} + cardinality(array_positions({installs}::text[], n.nspname::text))))::bigint AS scans
          FROM pg_catalog.pg_class c
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
          JOIN pg_catalog.pg_proc p ON p.pronamespace = c.relnamespace AND p.proname = 'claim_ready_runtime'
         WHERE c.relkind = 'r' AND c.relname ~ '^(ready|done)_entries_[0-9]+$') w
 WHERE w.scans * {row_seconds} > {max_window}
