-- note: leader
-- The maintenance leader of the workers holds a session lock of its own ("AWA_MAIN" as a number), whatever the
-- runtimes table says.
SELECT 'leader' AS code,
       format('Session %s (user %s) holds the lock of Awa''s maintenance leader: workers are running.', a.pid, a.usename)
         AS message
  FROM pg_catalog.pg_locks l
  JOIN pg_catalog.pg_stat_activity a USING (pid)
 WHERE l.locktype = 'advisory' AND l.granted
   AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
   AND l.classid::bigint = 1096237407 AND l.objid::bigint = 1296124238 AND l.objsubid = 1
