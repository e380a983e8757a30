-- gate: schema-other-owner
-- per: roles
-- The declared owner could neither grant on nor migrate what belongs to another role.
SELECT 'schema-other-owner' AS code,
       format('Schema %I in database %I belongs to %I, not to the declared owner %I.', n.nspname, current_database(),
              pg_catalog.pg_get_userbyid(n.nspowner), o.name) AS message,
       format('Declare %I as the owner, or hand the schema over first: awa-infra explain schema-other-owner has the statements.',
              pg_catalog.pg_get_userbyid(n.nspowner)) AS hint
  FROM json_to_recordset({schemas}) AS s (name text, lanes boolean)
  JOIN pg_catalog.pg_namespace n ON n.nspname = s.name
  JOIN json_to_recordset({roles}) AS o (duty text, name text) ON o.duty = 'owner'
 WHERE pg_catalog.pg_get_userbyid(n.nspowner) <> o.name
