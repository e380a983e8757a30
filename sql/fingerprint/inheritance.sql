-- Partitions and children of this schema's tables in another schema, and every other inheritance: Awa's statements would read
-- and change the rows of the child, too. Awa makes no such table (0.6.9).
SELECT r.schema, 'inheritance' AS part, r.relname || '.' || c.relname AS object,
       CASE WHEN c.relispartition THEN 'partition ' ELSE 'child ' END || c.oid::regclass
       || coalesce(' ' || pg_catalog.pg_get_expr(c.relpartbound, 0), '') AS definition
  FROM relations r
  JOIN pg_catalog.pg_inherits i ON i.inhparent = r.oid
  JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid AND (c.relnamespace <> r.relnamespace OR NOT c.relispartition)
 WHERE r.relhassubclass AND r.relkind IN ('r', 'p')
UNION ALL
SELECT r.schema, 'inheritance', r.relname || '.' || p.relname, 'parent ' || p.oid::regclass
  FROM relations r
  JOIN pg_catalog.pg_inherits i ON i.inhrelid = r.oid
  JOIN pg_catalog.pg_class p ON p.oid = i.inhparent AND p.relnamespace <> r.relnamespace
 WHERE NOT r.relispartition AND r.relkind IN ('r', 'f')
