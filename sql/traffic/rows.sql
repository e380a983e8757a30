-- About how many ready and done rows each queue-storage schema has, which every run of its installer scans: from the
-- statistics, or where there are none, from the size on disk. After pg_upgrade up to PostgreSQL 17, or a crash, a table has
-- none, and the count of live rows begins at 0 while the rows are there: it knows of those alone that were added since.
-- Asking for a size would wait for a table that another session has to itself: there the statistics are all there is.
SELECT e.schema, sum(CASE WHEN e.unknown THEN e.by_size ELSE e.known END)::bigint AS rows, bool_or(e.unknown) AS by_size
  FROM (SELECT s.*, s.reltuples <= 0
                      AND s.by_size > CASE WHEN s.known > 0 THEN greatest(10 * s.known, 1000) ELSE 0 END AS unknown
          FROM (SELECT n.nspname::text AS schema, c.reltuples,
                       greatest(c.reltuples, pg_catalog.pg_stat_get_live_tuples(c.oid), 0) AS known,
                       CASE WHEN c.oid NOT IN (SELECT l.relation
                                                FROM pg_catalog.pg_locks l
                                                JOIN pg_catalog.pg_database d ON d.oid = l.database
                                               WHERE d.datname = current_database() AND l.relation IS NOT NULL
                                                 AND l.mode = 'AccessExclusiveLock')
                            THEN pg_catalog.pg_relation_size(c.oid) / {row_bytes} ELSE 0 END AS by_size
                  FROM pg_catalog.pg_proc p
                  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
                  JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relkind = 'r'
                   AND c.relname ~ '^(ready|done)_entries_[0-9]+$'
                 WHERE p.proname = 'claim_ready_runtime') AS s) AS e
 GROUP BY e.schema
