-- The query of each view, as the server prints it. PostgreSQL 14 and 15 qualify columns differently from later ones.
SELECT r.schema, 'view' AS part, r.relname AS object, pg_catalog.pg_get_viewdef(r.oid) AS definition
  FROM relations r
 WHERE r.relkind IN ('v', 'm')
