-- Whether the connected role may create databases, and what to do if not.
SELECT r.rolsuper OR r.rolcreatedb AS allowed,
       format('Role %I may not create the scratch database to compare with.', r.rolname) AS message,
       format('Let a superuser run ALTER ROLE %I CREATEDB; or name a migrated database with --reference-url.', r.rolname)
         AS hint
  FROM pg_catalog.pg_roles r
 WHERE r.rolname = current_user
