-- Which transactions hold locks on Awa's tables and views right now, and whether it is an automatic vacuum, which the
-- server ends if a session has waited for deadlock_timeout. Every role sees these locks; what a session is may be hidden.
SELECT concat(l.pid, ' ', l.virtualtransaction) AS owner,
       bool_or(l.pid IS NOT NULL AND l.mode = 'ShareUpdateExclusiveLock'
               AND coalesce(a.backend_type, 'autovacuum worker') = 'autovacuum worker') AS vacuum,
       extract(epoch FROM pg_catalog.current_setting('deadlock_timeout')::interval)::float8 AS deadlock_timeout
  FROM pg_catalog.pg_locks l
  JOIN pg_catalog.pg_class c ON c.oid = l.relation
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
 WHERE l.granted AND l.locktype = 'relation'
   AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
   -- A prepared transaction has no pid.
   AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()
   AND (n.nspname = 'awa'
        OR EXISTS (SELECT FROM pg_catalog.pg_proc p
                    WHERE p.pronamespace = n.oid AND p.proname = 'claim_ready_runtime'))
 GROUP BY l.pid, l.virtualtransaction
