-- Foreign keys of tables elsewhere on tables of this schema: Awa moves and deletes its rows, which they would refuse.
-- Found by what depends on the table's unique indexes, as each foreign key on it does: there is no index of foreign keys by
-- the table that they refer to, and thousands of objects depend on the table itself.
SELECT DISTINCT r.schema, 'reference' AS part, r.relname || '.' || con.conname AS object,
       format('%I.%I ', fn.nspname, f.relname) || pg_catalog.pg_get_constraintdef(con.oid) AS definition
  FROM relations r
  JOIN pg_catalog.pg_index i ON i.indrelid = r.oid AND i.indisunique
  JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = i.indexrelid
                             AND d.classid = 'pg_catalog.pg_constraint'::regclass AND d.deptype = 'n'
  JOIN pg_catalog.pg_constraint con ON con.oid = d.objid AND con.confrelid = r.oid
  JOIN pg_catalog.pg_class f ON f.oid = con.conrelid
  JOIN pg_catalog.pg_namespace fn ON fn.oid = f.relnamespace
 WHERE con.contype = 'f' AND f.relnamespace <> r.relnamespace AND con.conparentid = 0
