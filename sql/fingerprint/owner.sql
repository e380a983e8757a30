-- Who owns the schema and everything in it that can have an owner of its own.
SELECT s.schema, 'owner' AS part, '(schema)' AS object, pg_catalog.pg_get_userbyid(s.nspowner)::text AS definition
  FROM spaces s
UNION ALL
SELECT r.schema, 'owner', r.relname, pg_catalog.pg_get_userbyid(r.relowner)::text
  FROM relations r
 WHERE r.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
UNION ALL
SELECT f.schema, 'owner', f.signature, pg_catalog.pg_get_userbyid(f.proowner)::text
  FROM functions f
UNION ALL
SELECT t.schema, 'owner', t.typname, pg_catalog.pg_get_userbyid(t.typowner)::text
  FROM types t
