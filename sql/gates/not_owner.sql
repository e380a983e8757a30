-- gate: not-owner
-- when: pending
-- unless: roles
-- Migrations replace functions and alter tables of schema awa, which only their owner may.
SELECT 'not-owner' AS code,
       format('Role %I neither owns schema awa nor is a member of its owner %I.', current_user,
              pg_catalog.pg_get_userbyid(n.nspowner)) AS message,
       format('Connect as %I or as a member of it.', pg_catalog.pg_get_userbyid(n.nspowner)) AS hint
  FROM pg_catalog.pg_namespace n
 WHERE n.nspname = 'awa'
   AND EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.relnamespace = n.oid)
   AND NOT pg_has_role(n.nspowner, 'MEMBER')
