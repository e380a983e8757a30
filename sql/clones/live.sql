-- Every number that another live session holds the lock of, in whatever database it is: a run holds that of its clones, and
-- one that it shares with others for each template that it copies.
SELECT l.classid::bigint AS class, l.objid::bigint AS number
  FROM pg_catalog.pg_locks l
 WHERE l.locktype = 'advisory'
   AND l.granted
   AND l.objsubid = 2
   AND l.pid <> pg_catalog.pg_backend_pid()
   AND l.classid::bigint IN ({run}, {template})
