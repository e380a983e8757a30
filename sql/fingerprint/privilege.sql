-- Privileges on functions that were granted or revoked; without any the defaults of the function hold. The owner is written as
-- such, so that one schema owned by different roles reads the same.
SELECT f.schema, 'privilege' AS part, f.signature AS object,
       (SELECT string_agg(CASE WHEN a.grantee = 0 THEN 'public' WHEN a.grantee = f.proowner THEN 'owner'
                               ELSE pg_catalog.pg_get_userbyid(a.grantee)::text END
                          || ' ' || a.privilege_type || CASE WHEN a.is_grantable THEN '*' ELSE '' END, ', '
                          ORDER BY a.grantee = f.proowner, a.grantee, a.privilege_type)
          FROM aclexplode(f.proacl) a) AS definition
  FROM functions f
 WHERE f.proacl IS NOT NULL
