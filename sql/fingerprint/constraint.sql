-- Constraints. NOT NULL is told with the column: only PostgreSQL 18 records it as a constraint too.
SELECT 'constraint' AS part, c.relname || '.' || con.conname AS object,
       pg_catalog.pg_get_constraintdef(con.oid) AS definition
  FROM pg_catalog.pg_constraint con
  JOIN pg_catalog.pg_class c ON c.oid = con.conrelid
 WHERE con.connamespace = to_regnamespace({schema}) AND con.contype <> 'n'
