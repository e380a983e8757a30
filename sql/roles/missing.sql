-- Which of the declared roles and privileges are missing in this database: one row (step, text) for each role, and
-- for each role and kind of object in a schema. Reads catalogs only.
WITH duty AS MATERIALIZED (
    SELECT w.duty, w.name, r.oid
      FROM json_to_recordset({roles}) AS w (duty text, name text)
      LEFT JOIN pg_catalog.pg_roles r ON r.rolname = w.name
), wanted_schema AS MATERIALIZED (
    SELECT w.name, w.lanes, n.oid
      FROM json_to_recordset({schemas}) AS w (name text, lanes boolean)
      LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = w.name
), privilege (duty, kind, privilege) AS (
    SELECT p.duty, p.kind, unnest(p.privileges)
      FROM (VALUES ('runtime', 'r', ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']),
                   ('runtime', 'S', ARRAY['USAGE', 'SELECT', 'UPDATE']),
                   ('observer', 'r', ARRAY['SELECT']),
                   ('observer', 'S', ARRAY['SELECT'])) AS p (duty, kind, privileges)
), object AS MATERIALIZED (
    SELECT s.name AS schema, CASE c.relkind WHEN 'S' THEN 'S' ELSE 'r' END AS kind, c.oid
      FROM wanted_schema s
      JOIN pg_catalog.pg_class c ON c.relnamespace = s.oid
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
)
SELECT 'roles' AS step, format('role %s does not exist', d.name) AS text
  FROM duty d
 WHERE d.oid IS NULL
UNION ALL
SELECT 'roles', format('role %s lacks %s on database %s', d.name, p.privilege, current_database())
  FROM duty d
 CROSS JOIN (VALUES ('CONNECT'), ('CREATE')) AS p (privilege)
 WHERE d.oid IS NOT NULL AND (p.privilege = 'CONNECT' OR d.duty = 'owner')
   AND NOT has_database_privilege(d.oid, current_database(), p.privilege)
UNION ALL
SELECT 'roles', format('role %s is no member of %s', m.name, o.name)
  FROM duty m
  JOIN duty o ON o.duty = 'owner' AND o.oid IS NOT NULL
 WHERE m.duty = 'migrator' AND m.oid IS NOT NULL AND NOT pg_has_role(m.oid, o.oid, 'MEMBER')
UNION ALL
-- Matters only if there is something to do as the owner.
SELECT 'act-as', format('role %s is not yet able to act as %s', current_user, o.name)
  FROM duty o
 WHERE o.duty = 'owner' AND o.oid IS NOT NULL
   AND NOT pg_has_role(o.oid, CASE WHEN current_setting('server_version_num')::int < 160000 THEN 'MEMBER' ELSE 'SET' END)
UNION ALL
SELECT 'roles', format('sessions of role %s do not start as %s in database %s', m.name, o.name, current_database())
  FROM duty m
  JOIN duty o ON o.duty = 'owner'
 WHERE m.duty = 'migrator' AND m.oid IS NOT NULL
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_db_role_setting s
                     JOIN pg_catalog.pg_database b ON b.oid = s.setdatabase
                    WHERE b.datname = current_database() AND s.setrole = m.oid
                      AND s.setconfig @> ARRAY['role=' || o.name])
UNION ALL
SELECT 'access:' || s.name, format('schema %s does not exist', s.name)
  FROM wanted_schema s
 WHERE s.oid IS NULL
UNION ALL
SELECT 'access:' || s.name, format('role %s lacks %s on schema %s', d.name, p.privilege, s.name)
  FROM wanted_schema s
 CROSS JOIN duty d
 CROSS JOIN (VALUES ('USAGE'), ('CREATE')) AS p (privilege)
 WHERE d.duty IN ('runtime', 'observer') AND s.oid IS NOT NULL
   AND (p.privilege = 'USAGE' OR d.duty = 'runtime' AND s.lanes)
   AND (d.oid IS NULL OR NOT has_schema_privilege(d.oid, s.oid, p.privilege))
UNION ALL
SELECT 'access:' || o.schema,
       format('role %s lacks %s on %s %s of schema %s', d.name, string_agg(DISTINCT p.privilege, ', '),
              count(DISTINCT o.oid), CASE o.kind WHEN 'S' THEN 'sequences' ELSE 'tables' END, o.schema)
  FROM object o
  JOIN privilege p USING (kind)
  JOIN duty d USING (duty)
 WHERE d.oid IS NOT NULL
   AND NOT CASE o.kind WHEN 'S' THEN has_sequence_privilege(d.oid, o.oid, p.privilege)
                       ELSE has_table_privilege(d.oid, o.oid, p.privilege) END
 GROUP BY o.schema, o.kind, d.name
UNION ALL
SELECT 'access:' || s.name,
       format('role %s lacks %s on new %s in schema %s', d.name, string_agg(p.privilege, ', ' ORDER BY p.privilege),
              CASE p.kind WHEN 'S' THEN 'sequences' ELSE 'tables' END, s.name)
  FROM wanted_schema s
 CROSS JOIN privilege p
  JOIN duty d USING (duty)
  JOIN duty o ON o.duty = 'owner'
 WHERE s.oid IS NOT NULL
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_default_acl a
                    CROSS JOIN LATERAL aclexplode(a.defaclacl) AS e
                    WHERE a.defaclrole = o.oid AND a.defaclnamespace = s.oid AND a.defaclobjtype = p.kind::"char"
                      AND e.grantee = d.oid AND e.privilege_type = p.privilege)
 GROUP BY s.name, p.kind, d.name
