-- Ends what a pooler keeps open to a database that nobody else may connect to any more: it could not be renamed.
SELECT pg_catalog.pg_terminate_backend(a.pid)
  FROM pg_catalog.pg_stat_activity a
 WHERE a.datname = {database}
   AND a.pid <> pg_catalog.pg_backend_pid()
   -- A worker of autovacuum has no role, and a role that is no superuser may not end it; RENAME does.
   AND pg_catalog.pg_has_role(a.usesysid, 'USAGE')
