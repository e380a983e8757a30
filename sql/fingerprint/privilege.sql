-- Privileges that were granted or revoked; without any the defaults of the object hold. The owner is written as
-- such, so that one schema owned by different roles has one fingerprint.
SELECT x.schema, 'privilege' AS part, x.object,
       (SELECT string_agg(CASE WHEN a.grantee = 0 THEN 'public' WHEN a.grantee = x.owner THEN 'owner'
                               ELSE pg_catalog.pg_get_userbyid(a.grantee)::text END
                          || ' ' || a.privilege_type || CASE WHEN a.is_grantable THEN '*' ELSE '' END, ', '
                          ORDER BY a.grantee = x.owner, a.grantee, a.privilege_type)
          FROM aclexplode(x.acl) a) AS definition
  FROM (SELECT s.schema, '(schema)' AS object, s.nspowner AS owner, s.nspacl AS acl
          FROM spaces s
        UNION ALL
        SELECT r.schema, r.relname, r.relowner, r.relacl
          FROM relations r
        UNION ALL
        SELECT f.schema, f.signature, f.proowner, f.proacl
          FROM functions f) x
 WHERE x.acl IS NOT NULL
