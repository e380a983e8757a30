-- gate: not-owner
-- when: pending
-- unless: roles
-- of: login
-- Migrations replace functions and alter tables of schema awa, which only their owner may. They act as the owner; from
-- PostgreSQL 16 on a member may be one without the right to do so.
SELECT 'not-owner' AS code,
       CASE WHEN pg_has_role(n.nspowner, 'MEMBER')
            THEN format('Role %I is a member of %I, which owns schema awa, but may not act as it.', current_user, o.owner)
            ELSE format('Role %I neither owns schema awa nor is a member of its owner %I.', current_user, o.owner)
       END AS message,
       CASE WHEN pg_has_role(n.nspowner, 'MEMBER')
            THEN format('As an administrator: GRANT %I TO %I WITH SET TRUE;', o.owner, current_user)
            ELSE format('Connect as %I or as a member of it.', o.owner)
       END AS hint
  FROM pg_catalog.pg_namespace n
 CROSS JOIN LATERAL (SELECT pg_catalog.pg_get_userbyid(n.nspowner) AS owner) o
 WHERE n.nspname = 'awa'
   AND NOT pg_has_role(n.nspowner, CASE WHEN current_setting('server_version_num')::int < 160000
                                        THEN 'MEMBER' ELSE 'SET' END)
