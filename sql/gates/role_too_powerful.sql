-- gate: role-too-powerful
-- per: roles
-- A runtime or observer that could act as the owner could do everything that it must not.
SELECT 'role-too-powerful' AS code,
       format('Role %I, declared as %s, %s.', r.rolname, d.duty,
              CASE WHEN r.rolsuper THEN 'is a superuser' ELSE format('can act as the owner %I', o.rolname) END)
         AS message,
       format('Declare another role as %s, or: %s', d.duty,
              CASE WHEN r.rolsuper THEN format('ALTER ROLE %I NOSUPERUSER;', r.rolname)
                   ELSE format('REVOKE %I FROM %I;', o.rolname, r.rolname) END) AS hint
  FROM json_to_recordset({roles}) AS d (duty text, name text)
  JOIN pg_catalog.pg_roles r ON r.rolname = d.name
  LEFT JOIN json_to_recordset({roles}) AS w (duty text, name text) ON w.duty = 'owner'
  LEFT JOIN pg_catalog.pg_roles o ON o.rolname = w.name
 WHERE d.duty IN ('runtime', 'observer')
   AND (r.rolsuper OR o.oid IS NOT NULL AND pg_has_role(r.oid, o.oid, 'MEMBER'))
