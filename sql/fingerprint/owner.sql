-- Who owns the schema and everything in it that can have an owner of its own.
SELECT 'owner' AS part, '(schema)' AS object, pg_catalog.pg_get_userbyid(n.nspowner)::text AS definition
  FROM pg_catalog.pg_namespace n
 WHERE n.oid = to_regnamespace({schema})
UNION ALL
SELECT 'owner', c.relname::text, pg_catalog.pg_get_userbyid(c.relowner)::text
  FROM pg_catalog.pg_class c
 WHERE c.relnamespace = to_regnamespace({schema}) AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
UNION ALL
SELECT 'owner', p.proname || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')',
       pg_catalog.pg_get_userbyid(p.proowner)::text
  FROM pg_catalog.pg_proc p
 WHERE p.pronamespace = to_regnamespace({schema})
UNION ALL
SELECT 'owner', t.typname::text, pg_catalog.pg_get_userbyid(t.typowner)::text
  FROM pg_catalog.pg_type t
 WHERE t.typnamespace = to_regnamespace({schema}) AND t.typtype IN ('e', 'd', 'r')
