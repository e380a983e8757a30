-- About how many jobs are in the tables that schema awa had before queue storage, from the statistics.
SELECT coalesce(sum(greatest(t.reltuples, pg_catalog.pg_stat_get_live_tuples(t.oid), 0)), 0)::bigint AS jobs
  FROM pg_catalog.pg_class t
 WHERE t.relnamespace = to_regnamespace('awa') AND t.relkind = 'r'
   AND t.relname IN ('jobs', 'jobs_hot', 'scheduled_jobs')
