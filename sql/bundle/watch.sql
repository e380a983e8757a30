SELECT a.pid, a.usename AS "user", a.application_name, a.state,
       date_trunc('second', clock_timestamp() - a.xact_start) AS running, pg_blocking_pids(a.pid) AS waits_for,
       l.pid IS NOT NULL AS has_migration_lock, left(a.query, 60) AS query
  FROM pg_stat_activity a
  LEFT JOIN pg_locks l ON l.pid = a.pid AND l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
                      AND l.classid = 1096237407 AND l.objid = 1296648018
 WHERE a.datname = current_database()
   AND (l.pid IS NOT NULL
        OR cardinality(pg_blocking_pids(a.pid)) > 0
        OR a.pid IN (SELECT unnest(pg_blocking_pids(w.pid)) FROM pg_stat_activity w))
UNION ALL
SELECT 0, p.owner, '', 'prepared', date_trunc('second', clock_timestamp() - p.prepared), '{}', false,
       format('COMMIT PREPARED %L or ROLLBACK PREPARED %1$L', p.gid)
  FROM pg_prepared_xacts p
 WHERE p.database = current_database()
 ORDER BY has_migration_lock DESC, running DESC
