-- gate: removal-not-owner
-- for: removal
SELECT 'removal-not-owner' AS code,
       format('Role %I may not drop schema %I, which belongs to %I.', current_user, n.nspname,
              pg_catalog.pg_get_userbyid(n.nspowner)) AS message,
       format('Connect as %I or as a member of it.', pg_catalog.pg_get_userbyid(n.nspowner)) AS hint
  FROM pg_catalog.pg_namespace n
 WHERE n.nspname = {schema}
   AND NOT pg_has_role(n.nspowner, 'USAGE')
