-- For how long each transaction of a plan holds locks on what producers and workers use. Seconds were measured without
-- jobs; what jobs add is counted from the statistics, or where there are none, as in a restored database, from the size
-- on disk. Every replay of the queue-storage installer scans the ready and done rows of all its schemas.
SELECT h.mode, h.first, h.who, h.unmeasured, s.scans,
       (h.seconds + j.jobs * h.per_million / 1e6 + s.scans * {row_seconds})::numeric AS seconds
  FROM json_to_recordset({holds}::json)
       AS h (mode text, first text, who text, seconds float8, per_million float8, replays int, installs text[],
             certain boolean, unmeasured int)
 CROSS JOIN (SELECT coalesce(sum(greatest(t.reltuples, pg_catalog.pg_stat_get_live_tuples(t.oid), 0)), 0) AS jobs
               FROM pg_catalog.pg_class t
              WHERE t.relnamespace = to_regnamespace('awa') AND t.relkind = 'r'
                AND t.relname IN ('jobs', 'jobs_hot', 'scheduled_jobs')) AS j
 CROSS JOIN LATERAL (SELECT coalesce(sum(e.rows * (h.replays + cardinality(array_positions(h.installs, e.schema)))), 0)
                              AS scans,
                            coalesce(bool_or(e.schema = ANY (h.installs)), false) AS there
                       FROM (SELECT n.nspname::text AS schema,
                                    sum(CASE WHEN c.reltuples <= 0 AND pg_catalog.pg_stat_get_live_tuples(c.oid) = 0
                                             THEN pg_catalog.pg_relation_size(c.oid) / {row_bytes}
                                             ELSE greatest(c.reltuples, pg_catalog.pg_stat_get_live_tuples(c.oid)) END)
                                      AS rows
                               FROM pg_catalog.pg_proc p
                               JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
                               JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relkind = 'r'
                                AND c.relname ~ '^(ready|done)_entries_[0-9]+$'
                              WHERE p.proname = 'claim_ready_runtime'
                              GROUP BY n.nspname) AS e) AS s
 WHERE h.certain OR s.there
