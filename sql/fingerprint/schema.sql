-- The schema itself, and its name as the server writes it before a dot. No row: there is no such schema.
SELECT s.schema, 'schema' AS part, s.schema AS object, pg_catalog.quote_ident(s.schema) AS definition
  FROM spaces s
