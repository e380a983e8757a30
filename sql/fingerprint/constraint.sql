-- Constraints. NOT NULL is part of the column: only PostgreSQL 18 records it as a constraint too, and knows one that old rows
-- may violate.
SELECT r.schema, 'constraint' AS part, r.relname || '.' || con.conname AS object,
       pg_catalog.pg_get_constraintdef(con.oid) AS definition
  FROM relations r
  JOIN pg_catalog.pg_constraint con ON con.conrelid = r.oid
 WHERE con.contype <> 'n' OR NOT con.convalidated
