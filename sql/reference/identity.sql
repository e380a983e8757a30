-- Which database this is: a standby of it has the same identity.
SELECT (SELECT system_identifier FROM pg_catalog.pg_control_system()) || '/' || d.oid AS identity
  FROM pg_catalog.pg_database d
 WHERE d.datname = current_database()
