-- Whether the scratch database can be created here, by the connected role, and what to do if not. On a standby
-- --reference-url can name a database of that standby: it is only read.
SELECT (r.rolsuper OR r.rolcreatedb) AND NOT pg_catalog.pg_is_in_recovery() AS allowed,
       pg_catalog.pg_is_in_recovery() AS standby,
       CASE WHEN pg_catalog.pg_is_in_recovery()
            THEN 'The server is a standby, where no scratch database to compare with can be created.'
            ELSE format('Role %I may not create the scratch database to compare with.', r.rolname) END AS message,
       CASE WHEN pg_catalog.pg_is_in_recovery()
            THEN 'Connect to the primary; or name a migrated database with --reference-url.'
            ELSE format('Let a superuser run ALTER ROLE %I CREATEDB; or name a migrated database with --reference-url.',
                        r.rolname) END AS hint
  FROM pg_catalog.pg_roles r
 WHERE r.rolname = current_user
