-- gate: role-too-powerful
-- per: roles
-- A runtime or observer that can act as the owner can do everything that it must not do.
SELECT 'role-too-powerful' AS code,
       format('Role %I, declared as %s, %s.', r.rolname, d.duty, x.what) AS message,
       format('Declare another role as %s, or: %s', d.duty, x.remedy) AS hint
  FROM json_to_recordset({roles}) AS d (duty text, name text)
  JOIN pg_catalog.pg_roles r ON r.rolname = d.name
  LEFT JOIN json_to_recordset({roles}) AS w (duty text, name text) ON w.duty = 'owner'
  LEFT JOIN pg_catalog.pg_roles o ON o.rolname = w.name
 CROSS JOIN LATERAL (
        SELECT 'is a superuser', format('ALTER ROLE %I NOSUPERUSER;', r.rolname)
         WHERE r.rolsuper
        UNION ALL
        SELECT format('can act as the owner %I', o.rolname), format('REVOKE %I FROM %I;', o.rolname, r.rolname)
         WHERE NOT r.rolsuper AND pg_has_role(r.oid, o.oid, 'MEMBER')
        UNION ALL
        -- Before PostgreSQL 16 it could make itself a member of the owner.
        SELECT 'may create roles', format('ALTER ROLE %I NOCREATEROLE;', r.rolname)
         WHERE NOT r.rolsuper AND r.rolcreaterole AND current_setting('server_version_num')::int < 160000) AS x (what, remedy)
 WHERE d.duty IN ('runtime', 'observer')
