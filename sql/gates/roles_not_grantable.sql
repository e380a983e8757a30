-- gate: roles-not-grantable
-- per: roles
-- when: pending
-- of: login
-- Existing roles belong to the role that made them. From PostgreSQL 16 on CREATEROLE alone does not reach them.
SELECT 'roles-not-grantable' AS code,
       format('Role %I may not %s.', me.rolname, x.what) AS message,
       format('As an administrator: %s', x.remedy) AS hint
  FROM json_to_recordset({roles}) AS w (duty text, name text)
  JOIN json_to_recordset({roles}) AS v (duty text, name text) ON v.duty = 'owner'
  JOIN pg_catalog.pg_roles me ON me.rolname = current_user AND NOT me.rolsuper
  LEFT JOIN pg_catalog.pg_roles m ON m.rolname = w.name
  LEFT JOIN pg_catalog.pg_roles o ON o.rolname = v.name
 CROSS JOIN LATERAL (
        SELECT format('make %I a member of %I', w.name, v.name),
               CASE WHEN m.oid IS NULL THEN format('GRANT %I TO %I WITH ADMIN OPTION;', v.name, me.rolname)
                    ELSE format('GRANT %I TO %I%s;', v.name, w.name,
                                CASE WHEN pg_has_role(m.oid, o.oid, 'MEMBER') THEN ' WITH SET TRUE' ELSE '' END) END
         WHERE o.oid IS NOT NULL
           -- From PostgreSQL 16 on a member may be one without the right to act as the role.
           AND (m.oid IS NULL OR NOT pg_has_role(m.oid, o.oid, CASE WHEN current_setting('server_version_num')::int < 160000
                                                                    THEN 'MEMBER' ELSE 'SET' END))
           AND NOT pg_has_role(o.oid, 'MEMBER WITH ADMIN OPTION')
           AND NOT (me.rolcreaterole AND NOT o.rolsuper AND current_setting('server_version_num')::int < 160000)
        UNION ALL
        SELECT format('have sessions of %I start as %I', w.name, v.name),
               format('ALTER ROLE %I IN DATABASE %I SET role = %L;', w.name, current_database(), v.name)
         WHERE m.oid IS NOT NULL
           AND NOT (me.rolcreaterole AND NOT m.rolsuper
                    AND (current_setting('server_version_num')::int < 160000
                         OR pg_has_role(m.oid, 'MEMBER WITH ADMIN OPTION')))
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_db_role_setting s
                             JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase
                            WHERE d.datname = current_database() AND s.setrole = m.oid
                              AND s.setconfig @> ARRAY['role=' || v.name])) AS x (what, remedy)
 WHERE w.duty = 'migrator'
