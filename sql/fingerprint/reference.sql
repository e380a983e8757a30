-- Foreign keys of tables elsewhere on tables of this schema: Awa moves and deletes its rows, which they would refuse.
SELECT 'reference' AS part, c.relname || '.' || con.conname AS object,
       format('%I.%I ', fn.nspname, f.relname) || pg_catalog.pg_get_constraintdef(con.oid) AS definition
  FROM pg_catalog.pg_constraint con
  JOIN pg_catalog.pg_class c ON c.oid = con.confrelid
  JOIN pg_catalog.pg_class f ON f.oid = con.conrelid
  JOIN pg_catalog.pg_namespace fn ON fn.oid = f.relnamespace
 WHERE c.relnamespace = to_regnamespace({schema}) AND con.contype = 'f'
   AND f.relnamespace <> c.relnamespace AND con.conparentid = 0
