-- Which of the declared roles and privileges are missing in this database: one row (step, name, absent, text) for each role,
-- and for each role and kind of object in a schema; absent where the named object is missing itself. Reads catalogs only.
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
                   ('runtime', 'f', ARRAY['EXECUTE']),
                   ('runtime', 'T', ARRAY['USAGE']),
                   ('observer', 'r', ARRAY['SELECT']),
                   ('observer', 'S', ARRAY['SELECT']),
                   ('observer', 'f', ARRAY['EXECUTE']),
                   ('observer', 'T', ARRAY['USAGE'])) AS p (duty, kind, privileges)
), kind (kind, plural) AS (
    VALUES ('r', 'tables'), ('S', 'sequences'), ('f', 'functions'), ('T', 'types')
), thing AS MATERIALIZED (
    SELECT c.relnamespace AS namespace, CASE c.relkind WHEN 'S' THEN 'S' ELSE 'r' END AS kind, c.oid, c.relowner AS owner
      FROM pg_catalog.pg_class c
     WHERE c.relnamespace IN (SELECT s.oid FROM wanted_schema s) AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    UNION ALL
    -- Awa's installer stays with the owner.
    SELECT p.pronamespace, 'f', p.oid, p.proowner
      FROM pg_catalog.pg_proc p
     WHERE p.pronamespace IN (SELECT s.oid FROM wanted_schema s) AND p.proname <> ALL ({private}::text[])
    UNION ALL
    SELECT t.typnamespace, 'T', t.oid, t.typowner
      FROM pg_catalog.pg_type t
     WHERE t.typnamespace IN (SELECT s.oid FROM wanted_schema s) AND t.typtype IN ('e', 'd', 'r')
), object AS MATERIALIZED (
    -- What belongs to others the owner can grant nothing on.
    SELECT s.name AS schema, thing.kind, thing.oid
      FROM thing
      JOIN wanted_schema s ON s.oid = thing.namespace
      JOIN duty o ON o.duty = 'owner' AND o.oid IS NOT NULL
     WHERE pg_has_role(o.oid, thing.owner, 'USAGE')
)
SELECT 'roles' AS step, d.name, true AS absent, format('role %s does not exist', d.name) AS text
  FROM duty d
 WHERE d.oid IS NULL
UNION ALL
SELECT 'roles', d.name, false, format('role %s lacks %s on database %s', d.name, p.privilege, current_database())
  FROM duty d
 CROSS JOIN (VALUES ('CONNECT'), ('CREATE')) AS p (privilege)
 WHERE d.oid IS NOT NULL AND (p.privilege = 'CONNECT' OR d.duty = 'owner')
   AND NOT has_database_privilege(d.oid, current_database(), p.privilege)
UNION ALL
-- From PostgreSQL 16 on a member may be one without the right to act as the role.
SELECT 'roles', m.name, false, format('role %s is no member of %s that may act as it', m.name, o.name)
  FROM duty m
  JOIN duty o ON o.duty = 'owner' AND o.oid IS NOT NULL
 WHERE m.duty = 'migrator' AND m.oid IS NOT NULL
   AND NOT pg_has_role(m.oid, o.oid, CASE WHEN current_setting('server_version_num')::int < 160000
                                          THEN 'MEMBER' ELSE 'SET' END)
UNION ALL
-- Matters only if there is something to do as the owner.
SELECT 'act-as', current_user, false, format('role %s is not yet able to act as %s', current_user, o.name)
  FROM duty o
 WHERE o.duty = 'owner' AND o.oid IS NOT NULL
   AND NOT pg_has_role(o.oid, CASE WHEN current_setting('server_version_num')::int < 160000 THEN 'MEMBER' ELSE 'SET' END)
UNION ALL
SELECT 'roles', m.name, false,
       format('sessions of role %s do not start as %s in database %s', m.name, o.name, current_database())
  FROM duty m
  JOIN duty o ON o.duty = 'owner'
 WHERE m.duty = 'migrator' AND m.oid IS NOT NULL
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_db_role_setting s
                     JOIN pg_catalog.pg_database b ON b.oid = s.setdatabase
                    WHERE b.datname = current_database() AND s.setrole = m.oid
                      AND s.setconfig @> ARRAY['role=' || o.name])
UNION ALL
SELECT 'access:' || s.name, s.name, true, format('schema %s does not exist', s.name)
  FROM wanted_schema s
 WHERE s.oid IS NULL
UNION ALL
SELECT 'access:' || s.name, d.name, false, format('role %s lacks %s on schema %s', d.name, p.privilege, s.name)
  FROM wanted_schema s
 CROSS JOIN duty d
 CROSS JOIN (VALUES ('USAGE'), ('CREATE')) AS p (privilege)
 WHERE d.duty IN ('runtime', 'observer') AND s.oid IS NOT NULL
   AND (p.privilege = 'USAGE' OR d.duty = 'runtime' AND s.lanes)
   AND (d.oid IS NULL OR NOT has_schema_privilege(d.oid, s.oid, p.privilege))
UNION ALL
SELECT 'access:' || o.schema, d.name, false,
       format('role %s lacks %s on %s %s of schema %s', d.name, string_agg(DISTINCT p.privilege, ', '),
              count(DISTINCT o.oid), k.plural, o.schema)
  FROM object o
  JOIN kind k USING (kind)
  JOIN privilege p USING (kind)
  JOIN duty d USING (duty)
 WHERE d.oid IS NOT NULL
   AND NOT CASE o.kind WHEN 'S' THEN has_sequence_privilege(d.oid, o.oid, p.privilege)
                       WHEN 'f' THEN has_function_privilege(d.oid, o.oid, p.privilege)
                       WHEN 'T' THEN has_type_privilege(d.oid, o.oid, p.privilege)
                       ELSE has_table_privilege(d.oid, o.oid, p.privilege) END
 GROUP BY o.schema, k.plural, d.name
UNION ALL
SELECT 'access:' || s.name, d.name, false,
       format('role %s lacks %s on new %s in schema %s', d.name, string_agg(p.privilege, ', ' ORDER BY p.privilege),
              k.plural, s.name)
  FROM wanted_schema s
 CROSS JOIN privilege p
  JOIN kind k USING (kind)
  JOIN duty d USING (duty)
  JOIN duty o ON o.duty = 'owner'
 WHERE s.oid IS NOT NULL
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_default_acl a
                    CROSS JOIN LATERAL aclexplode(a.defaclacl) AS e
                    WHERE a.defaclrole = o.oid AND a.defaclnamespace = s.oid AND a.defaclobjtype = p.kind::"char"
                      AND e.grantee = d.oid AND e.privilege_type = p.privilege)
 GROUP BY s.name, k.plural, d.name
UNION ALL
SELECT DISTINCT 'installer', d.name, false,
       format('role %s may execute %s, which stays with its owner', d.name, p.oid::regproc)
  FROM pg_catalog.pg_proc p
  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
 CROSS JOIN LATERAL aclexplode(p.proacl) AS given
  JOIN duty d ON d.oid = given.grantee AND d.duty <> 'owner'
  JOIN pg_catalog.pg_default_acl a
    ON a.defaclrole = p.proowner AND a.defaclnamespace = n.oid AND a.defaclobjtype = 'f'
 CROSS JOIN LATERAL aclexplode(a.defaclacl) AS always
 WHERE n.nspname = 'awa' AND p.proname = ANY ({private}::text[]) AND always.grantee = given.grantee
