-- gate: guard-not-allowed
-- per: guard
-- for: engine
-- of: login
-- A guard is an event trigger. Only superusers may make one, and on managed services the administrator's role.
SELECT 'guard-not-allowed' AS code,
       format('Guarding schema %s needs an event trigger, and login %I may not create one.',
              array_to_string((array_agg(g.name ORDER BY g.name))[:8], ', ')
              || CASE WHEN count(*) > 8 THEN format(' and %s more', count(*) - 8) ELSE '' END, session_user) AS message,
       'Connect as a superuser, or as a member of rds_superuser, cloudsqlsuperuser, azure_pg_admin or alloydbsuperuser; or let one run guard.sql of a bundle; or take guard out of the declaration.'
         AS hint
  FROM (
{unguarded}
       ) AS g
 WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles r
                    WHERE (r.rolname = session_user AND r.rolsuper)
                       OR (r.rolname IN ('rds_superuser', 'cloudsqlsuperuser', 'azure_pg_admin', 'alloydbsuperuser')
                           AND pg_has_role(session_user, r.oid, 'MEMBER')))
HAVING count(*) > 0
