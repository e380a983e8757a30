-- About how many jobs are in the tables that schema awa had before queue storage: from the statistics, or where those do not
-- know the table, from the size on disk, see rows.sql.
SELECT coalesce(sum(CASE WHEN e.unknown THEN e.by_size ELSE e.known END), 0)::bigint AS jobs,
       coalesce(bool_or(e.unknown), false) AS by_size
  FROM (SELECT s.*, s.reltuples <= 0
                      AND s.by_size > CASE WHEN s.known > 0 THEN greatest(10 * s.known, 1000) ELSE 0 END AS unknown
          FROM (SELECT t.reltuples,
                       greatest(t.reltuples, pg_catalog.pg_stat_get_live_tuples(t.oid), 0) AS known,
                       CASE WHEN t.oid NOT IN (SELECT l.relation
                                                FROM pg_catalog.pg_locks l
                                                JOIN pg_catalog.pg_database d ON d.oid = l.database
                                               WHERE d.datname = current_database() AND l.relation IS NOT NULL
                                                 AND l.mode = 'AccessExclusiveLock')
                            THEN pg_catalog.pg_relation_size(t.oid) / {job_bytes} ELSE 0 END AS by_size
                  FROM pg_catalog.pg_class t
                 WHERE t.relnamespace = to_regnamespace('awa') AND t.relkind = 'r'
                   AND t.relname IN ('jobs', 'jobs_hot', 'scheduled_jobs')) AS s) AS e
