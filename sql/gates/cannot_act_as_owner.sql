-- gate: cannot-act-as-owner
-- per: roles
-- when: pending
-- of: login
SELECT 'cannot-act-as-owner' AS code,
       format('Role %I can neither act as the owner %I nor make itself a member of it.', me.rolname, o.rolname)
         AS message,
       format('As an administrator: GRANT %I TO %I%s;', o.rolname, me.rolname,
              CASE WHEN pg_has_role(o.oid, 'MEMBER') THEN ' WITH SET TRUE' ELSE '' END) AS hint
  FROM json_to_recordset({roles}) AS w (duty text, name text)
  JOIN pg_catalog.pg_roles o ON o.rolname = w.name
  JOIN pg_catalog.pg_roles me ON me.rolname = current_user
 WHERE w.duty = 'owner'
   -- From PostgreSQL 16 on a member may be one without the right to become the role.
   AND NOT pg_has_role(o.oid, CASE WHEN current_setting('server_version_num')::int < 160000 THEN 'MEMBER' ELSE 'SET' END)
   -- Before PostgreSQL 16 CREATEROLE is enough; from 16 on it takes the ADMIN option.
   AND NOT (me.rolcreaterole AND current_setting('server_version_num')::int < 160000 AND NOT o.rolsuper)
   AND NOT pg_has_role(o.oid, 'MEMBER WITH ADMIN OPTION')
