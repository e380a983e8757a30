-- Who has held locks on Awa's tables in this database for so long, the oldest transaction first.
SELECT a.pid, a.usename::text AS "user", a.application_name, a.state,
       extract(epoch FROM clock_timestamp() - a.xact_start)::int AS seconds,
       -- Up to the first value or comment: another session's statement can hold a password or a customer's data.
       left(regexp_replace(regexp_replace(a.query, '(''|\$|=|--|/\*|\m[0-9]).*$', '...'), '\s+', ' ', 'g'), 80) AS query
  FROM pg_catalog.pg_stat_activity a
 WHERE a.datname = current_database()
   AND a.pid <> pg_backend_pid()
   AND a.pid <> {own_pid}
   -- A transaction that began later has blocked no one for so long. Its age may be hidden from this role.
   AND (a.xact_start IS NULL OR a.xact_start <= clock_timestamp() - make_interval(secs => {seconds}))
   AND EXISTS (SELECT FROM pg_catalog.pg_locks l
                 JOIN pg_catalog.pg_class c ON c.oid = l.relation
                 JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                WHERE l.pid = a.pid AND l.granted AND l.locktype = 'relation'
                  AND (n.nspname = 'awa'
                       OR EXISTS (SELECT FROM pg_catalog.pg_proc p
                                   WHERE p.pronamespace = n.oid AND p.proname = 'claim_ready_runtime')))
 ORDER BY a.xact_start NULLS LAST
 LIMIT 3
