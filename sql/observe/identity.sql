-- What tells this database from every other; with the identifier of the server's data where the role may ask for it.
SELECT d.datname::text AS name, d.oid::bigint AS oid,
       has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE') AS may_ask
  FROM pg_catalog.pg_database d
 WHERE d.datname = current_database()
