-- Who holds Awa's migration lock ("AWA_MIGR" as a number: 4708303813013489490) in this database.
SELECT a.pid, a.usename::text AS "user", a.application_name, a.state,
       extract(epoch FROM clock_timestamp() - a.xact_start)::int AS seconds,
       left(regexp_replace(a.query, '\s+', ' ', 'g'), 60) AS query
  FROM pg_catalog.pg_locks l
  JOIN pg_catalog.pg_stat_activity a USING (pid)
 WHERE l.locktype = 'advisory'
   AND l.granted
   AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
   AND l.classid::bigint = 1096237407
   AND l.objid::bigint = 1296648018
   AND l.objsubid = 1
