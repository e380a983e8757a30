-- The schema itself, and its name as the server writes it before a dot. No row: there is no such schema.
SELECT 'schema' AS part, n.nspname::text AS object, pg_catalog.quote_ident(n.nspname) AS definition
  FROM pg_catalog.pg_namespace n
 WHERE n.oid = to_regnamespace({schema})
