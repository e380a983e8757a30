-- What the declared runtime and the observer have in the declared schemas beyond what awa-infra grants them, by their own
-- name or as members of another role: one row for each object. Superusers and members of the owner are a gate's, and
-- what PUBLIC has is a finding of its own. A plan takes Awa's installer back, the only function that is not for them.
WITH duty AS MATERIALIZED (
    SELECT w.duty, r.oid, r.rolname::text AS name
      FROM json_to_recordset({roles}) AS w (duty text, name text)
      JOIN pg_catalog.pg_roles r ON r.rolname = w.name
     WHERE w.duty IN ('runtime', 'observer') AND NOT r.rolsuper
), allowed (duty, kind, privileges) AS (
    VALUES ('runtime', 'TABLE', ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']),
           ('runtime', 'SEQUENCE', ARRAY['USAGE', 'SELECT', 'UPDATE']),
           ('runtime', 'SCHEMA', ARRAY['USAGE']),
           ('observer', 'TABLE', ARRAY['SELECT']),
           ('observer', 'SEQUENCE', ARRAY['SELECT']),
           ('observer', 'SCHEMA', ARRAY['USAGE'])
), wanted_schema AS MATERIALIZED (
    -- Where new jobs go every role that adds one needs CREATE.
    SELECT n.oid, n.nspname::text AS name, n.nspowner, n.nspacl, w.lanes OR w.name = {active} AS creates
      FROM json_to_recordset({schemas}) AS w (name text, lanes boolean)
      JOIN pg_catalog.pg_namespace n ON n.nspname = w.name
), thing AS MATERIALIZED (
    SELECT s.name AS schema, s.creates, 'SCHEMA' AS kind, s.oid::regnamespace::text AS object, s.nspowner AS owner, s.nspacl AS acl
      FROM wanted_schema s
    UNION ALL
    SELECT s.name, s.creates, CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, c.oid::regclass::text, c.relowner,
           -- What was granted on single columns is revoked with the table.
           c.relacl || ARRAY(SELECT unnest(a.attacl) FROM pg_catalog.pg_attribute a
                              WHERE a.attrelid = c.oid AND a.attacl IS NOT NULL)
      FROM wanted_schema s
      JOIN pg_catalog.pg_class c ON c.relnamespace = s.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
)
SELECT g.schema, g.role, g.duty, string_agg(DISTINCT g.privilege, ', ' ORDER BY g.privilege) AS privilege, g.kind, g.object,
       g.through
  FROM (SELECT t.schema, d.name AS role, d.duty, a.privilege_type AS privilege, t.kind, t.object,
               CASE WHEN a.grantee <> d.oid THEN pg_catalog.pg_get_userbyid(a.grantee)::text END AS through
          FROM thing t
         CROSS JOIN LATERAL (
            SELECT x.grantee, x.privilege_type
              FROM aclexplode(t.acl) x
            UNION ALL
            SELECT r.oid, p.privilege
              FROM pg_catalog.pg_roles r
             CROSS JOIN unnest(ARRAY['INSERT', 'UPDATE', 'DELETE']) AS p (privilege)
             WHERE t.kind = 'TABLE' AND r.rolname = 'pg_write_all_data') a
          JOIN duty d ON a.grantee NOT IN (0, t.owner) AND pg_has_role(d.oid, a.grantee, 'MEMBER')
         WHERE NOT (t.creates AND d.duty = 'runtime' AND a.privilege_type = 'CREATE')
           AND NOT EXISTS (SELECT FROM allowed l
                            WHERE (l.duty, l.kind) = (d.duty, t.kind) AND a.privilege_type = ANY (l.privileges))) g
 GROUP BY g.schema, g.role, g.duty, g.kind, g.object, g.through
 ORDER BY g.schema, g.role, g.through, g.kind, g.object
