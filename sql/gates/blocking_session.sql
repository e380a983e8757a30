-- gate: blocking-session
-- when: pending
-- unless: allow_blocking_sessions
-- Migrations take exclusive locks on Awa's tables. A session that has held any lock on one of them for long would
-- make them wait, and all other sessions behind them. Without pg_read_all_stats a role sees only its own sessions here.
-- An automatic vacuum is not in the way: PostgreSQL cancels it once a lock has been waited for, unless it prevents wraparound.
SELECT 'blocking-session' AS code,
       format('%s has held locks on tables of %s in a transaction of %s s; it is %s.',
              CASE WHEN a.backend_type = 'autovacuum worker'
                   THEN format('The automatic vacuum %s, which prevents wraparound and is not cancelled,', a.pid)
                   ELSE format('Session %s (user %s%s)', a.pid, a.usename,
                               coalesce(', ' || nullif(a.application_name, ''), '')) END,
              string_agg(DISTINCT n.nspname, ' and '),
              extract(epoch FROM clock_timestamp() - a.xact_start)::int, a.state) AS message,
       format('Wait for it or end it with SELECT pg_terminate_backend(%s), or overrule with --allow-blocking-sessions.',
              a.pid) AS hint
  FROM pg_catalog.pg_stat_activity a
  JOIN pg_catalog.pg_locks l ON l.pid = a.pid AND l.granted AND l.locktype = 'relation'
  JOIN pg_catalog.pg_class c ON c.oid = l.relation AND c.relkind IN ('r', 'p', 'i', 'I', 'S')
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE a.datname = current_database()
   AND a.pid <> pg_backend_pid()
   AND (a.backend_type IS DISTINCT FROM 'autovacuum worker' OR a.query LIKE '%(to prevent wraparound)')
   AND a.xact_start < clock_timestamp() - interval '10 seconds'
   AND (n.nspname = 'awa'
        OR EXISTS (SELECT FROM pg_catalog.pg_proc p
                    WHERE p.pronamespace = n.oid AND p.proname = 'claim_ready_runtime'))
 GROUP BY a.pid, a.usename, a.application_name, a.xact_start, a.state, a.backend_type
