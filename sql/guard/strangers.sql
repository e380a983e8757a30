-- What exists in the place of a guard and belongs to a role whose functions no superuser may run: rows (thing, owner).
-- Whoever owns the function or its schema can replace the function, which runs as the role that drops a schema. Trusted
-- are superusers, and on managed services, where no login is one, the administrators.
SELECT thing.thing, owner.rolname AS owner
  FROM (SELECT 'schema awa_infra_guard' AS thing, n.nspowner AS owner
          FROM pg_catalog.pg_namespace n
         WHERE n.nspname = 'awa_infra_guard'
        UNION ALL
        SELECT format('function awa_infra_guard.%I()', p.proname), p.proowner
          FROM pg_catalog.pg_proc p
          JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
          JOIN json_to_recordset({guards}) AS g (schema text) ON g.schema = p.proname
         WHERE n.nspname = 'awa_infra_guard' AND p.pronargs = 0) AS thing
  JOIN pg_catalog.pg_roles owner ON owner.oid = thing.owner
 WHERE NOT owner.rolsuper
   AND NOT (EXISTS (SELECT FROM pg_catalog.pg_roles a
                     WHERE a.rolname IN ('rds_superuser', 'cloudsqlsuperuser', 'azure_pg_admin', 'alloydbsuperuser')
                       AND pg_has_role(owner.oid, a.oid, 'MEMBER'))
            AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles s WHERE s.rolname = session_user AND s.rolsuper))
