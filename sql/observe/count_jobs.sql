SELECT t.relnamespace::regnamespace AS schema,
       sum(greatest(t.reltuples, pg_catalog.pg_stat_get_live_tuples(t.oid)))::bigint AS jobs
  FROM pg_catalog.pg_class t
 WHERE t.relkind = 'r'
   AND t.relname ~ '^((ready|done)_entries_[0-9]+|jobs_hot|scheduled_jobs)$'
   AND EXISTS (SELECT FROM pg_catalog.pg_proc p
                WHERE p.pronamespace = t.relnamespace AND p.proname = 'claim_ready_runtime')
 GROUP BY 1
