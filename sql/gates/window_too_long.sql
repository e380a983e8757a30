-- gate: window-too-long
-- when: pending
-- for: engine
-- Every replay of the queue-storage installer scans the ready and done rows again under exclusive locks.
SELECT 'window-too-long' AS code,
       format('Awa''s queue-storage tables would be locked exclusively for about %s s (%s rows, %s replays of the installer); the limit is %s s.',
              round(w.seconds), w.row_count, {replays}, {max_window}) AS message,
       'Migrate while the queues are short, or raise --max-window.' AS hint
  FROM (SELECT sum(greatest(c.reltuples, pg_catalog.pg_stat_get_live_tuples(c.oid)))::bigint AS row_count,
               sum(greatest(c.reltuples, pg_catalog.pg_stat_get_live_tuples(c.oid))) * {replays} * {row_seconds}
                 AS seconds
          FROM pg_catalog.pg_class c
          JOIN pg_catalog.pg_proc p ON p.pronamespace = c.relnamespace AND p.proname = 'claim_ready_runtime'
         WHERE c.relkind = 'r' AND c.relname ~ '^(ready|done)_entries_[0-9]+$') w
 WHERE w.seconds > {max_window}
