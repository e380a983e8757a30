-- The query of each view, as the server prints it. PostgreSQL 14 and 15 qualify columns differently from later ones.
SELECT 'view' AS part, c.relname::text AS object, pg_catalog.pg_get_viewdef(c.oid) AS definition
  FROM pg_catalog.pg_class c
 WHERE c.relnamespace = to_regnamespace({schema}) AND c.relkind IN ('v', 'm')
