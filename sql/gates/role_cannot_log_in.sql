-- gate: role-cannot-log-in
-- per: roles
-- for: engine
-- An existing role is used as it is. With a password that is set here, somebody is about to log in as it.
SELECT 'role-cannot-log-in' AS code,
       format('Role %I, declared as %s with a password, %s.', r.rolname, d.duty, x.what) AS message,
       format('As an administrator: %s Or declare another role as %s, or leave out its password.', x.remedy, d.duty) AS hint
  FROM json_to_recordset({roles}) AS d (duty text, name text, password boolean)
  JOIN pg_catalog.pg_roles r ON r.rolname = d.name
 CROSS JOIN LATERAL (
        SELECT 'may not log in (NOLOGIN)', format('ALTER ROLE %I LOGIN;', r.rolname)
         WHERE NOT r.rolcanlogin
        UNION ALL
        SELECT format('may not use a password since %s (VALID UNTIL)', r.rolvaliduntil),
               format('ALTER ROLE %I VALID UNTIL %L;', r.rolname, 'infinity')
         WHERE r.rolvaliduntil <= now()
        UNION ALL
        SELECT 'may have no connection (CONNECTION LIMIT 0)', format('ALTER ROLE %I CONNECTION LIMIT -1;', r.rolname)
         WHERE r.rolconnlimit = 0 AND NOT r.rolsuper) AS x (what, remedy)
 WHERE d.password
