-- gate: removal-live-runtimes
-- for: removal
SELECT 'removal-live-runtimes' AS code,
       format('Workers are running in database %I: %s.', current_database(), string_agg(x.who, '; ')) AS message,
       'Stop all workers and wait 90 s.' AS hint
  FROM (SELECT format('runtime %s (pid %s, Awa %s) was seen %s s ago', r.hostname, r.pid, r.version,
                      extract(epoch FROM clock_timestamp() - r.last_seen_at)::int) AS who
          FROM awa.runtime_instances r
         WHERE r.last_seen_at > clock_timestamp() - interval '90 seconds'
        UNION ALL
        -- Whatever the table says, the maintenance leader holds a lock of its own ("AWA_MAIN" as a number).
        SELECT format('session %s (user %s) holds the lock of the maintenance leader', a.pid, a.usename)
          FROM pg_catalog.pg_locks l
          JOIN pg_catalog.pg_stat_activity a USING (pid)
         WHERE l.locktype = 'advisory' AND l.granted
           AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
           AND l.classid::bigint = 1096237407 AND l.objid::bigint = 1296124238 AND l.objsubid = 1
        UNION ALL
        SELECT format('session %s (user %s) listens for jobs', a.pid, a.usename)
          FROM pg_catalog.pg_stat_activity a
         WHERE a.datname = current_database() AND a.query ~* '^listen "?awa:') x
HAVING count(*) > 0
