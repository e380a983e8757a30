-- gate: blocking-session
-- when: pending
-- unless: allow_blocking_sessions
-- Migrations take exclusive locks on Awa's tables. A session that has held any lock on one of them for long would
-- make them wait, and all other sessions behind them. Without pg_read_all_stats a role sees only its own sessions here.
SELECT 'blocking-session' AS code,
       format('Session %s (user %s%s) has held locks on tables of %s in a transaction of %s s; it is %s.', a.pid,
              a.usename, coalesce(', ' || nullif(a.application_name, ''), ''),
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
   AND a.xact_start < clock_timestamp() - interval '10 seconds'
   AND (n.nspname = 'awa'
        OR EXISTS (SELECT FROM pg_catalog.pg_proc p
                    WHERE p.pronamespace = n.oid AND p.proname = 'claim_ready_runtime'))
 GROUP BY a.pid, a.usename, a.application_name, a.xact_start, a.state
