-- Privileges that were granted or revoked; without any the defaults of the object hold. The owner is written as
-- such, so that one schema owned by different roles has one fingerprint.
SELECT 'privilege' AS part, x.object,
       (SELECT string_agg(CASE WHEN a.grantee = 0 THEN 'public' WHEN a.grantee = x.owner THEN 'owner'
                               ELSE pg_catalog.pg_get_userbyid(a.grantee)::text END
                          || ' ' || a.privilege_type || CASE WHEN a.is_grantable THEN '*' ELSE '' END, ', '
                          ORDER BY a.grantee = x.owner, a.grantee, a.privilege_type)
          FROM aclexplode(x.acl) a) AS definition
  FROM (SELECT '(schema)' AS object, n.nspowner AS owner, n.nspacl AS acl
          FROM pg_catalog.pg_namespace n
         WHERE n.oid = to_regnamespace({schema})
        UNION ALL
        SELECT c.relname::text, c.relowner, c.relacl
          FROM pg_catalog.pg_class c
         WHERE c.relnamespace = to_regnamespace({schema})
        UNION ALL
        SELECT p.proname || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')', p.proowner, p.proacl
          FROM pg_catalog.pg_proc p
         WHERE p.pronamespace = to_regnamespace({schema})) x
 WHERE x.acl IS NOT NULL
