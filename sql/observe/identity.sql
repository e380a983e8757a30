-- What identifies this database; with the identifier of the server's data if the role may read it.
SELECT d.datname::text AS name, d.oid::bigint AS oid,
       has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE') AS may_ask
  FROM pg_catalog.pg_database d
 WHERE d.datname = current_database()
