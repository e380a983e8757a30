-- About how many rows each table has that migrations or the installer read: the jobs of before queue storage, and the ready and
-- done rows of each queue-storage schema. From the statistics, or where there are none, from the size on disk. After pg_upgrade
-- up to PostgreSQL 17, or a crash, a table has none, and the count of live rows begins at 0 while the rows are there: it knows
-- of those alone that were added since. Asking for a size would wait for a table that another session has to itself: there the
-- statistics are all there is.
SELECT e.what, e.schema, CASE WHEN e.unknown THEN e.by_size ELSE e.known END AS rows, e.unknown AS by_size
  FROM (SELECT s.*, s.by_size > CASE WHEN s.known > 0 THEN greatest(10 * s.known, 1000) ELSE 0 END AS unknown
          FROM (SELECT t.what, t.schema,
                       greatest(t.reltuples, pg_catalog.pg_stat_get_live_tuples(t.oid), 0) AS known,
                       CASE WHEN t.reltuples <= 0
                             AND t.oid NOT IN (SELECT l.relation
                                                 FROM pg_catalog.pg_locks l
                                                 JOIN pg_catalog.pg_database d ON d.oid = l.database
                                                WHERE d.datname = current_database() AND l.relation IS NOT NULL
                                                  AND l.mode = 'AccessExclusiveLock')
                            THEN pg_catalog.pg_relation_size(t.oid) / t.bytes ELSE 0 END AS by_size
                  FROM (SELECT 'jobs' AS what, 'awa' AS schema, c.oid, c.reltuples, {job_bytes} AS bytes
                          FROM pg_catalog.pg_class c
                         WHERE c.relnamespace = to_regnamespace('awa') AND c.relkind = 'r'
                           AND c.relname IN ('jobs', 'jobs_hot', 'scheduled_jobs')
                        UNION ALL
                        SELECT 'rows', n.nspname::text, c.oid, c.reltuples, {row_bytes}
                          FROM pg_catalog.pg_proc p
                          JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
                          JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relkind = 'r'
                           AND c.relname ~ '^(ready|done)_entries_[0-9]+$'
                         WHERE p.proname = 'claim_ready_runtime') AS t) AS s) AS e
