-- Partition keys, and which partition of which table holds which values. The plain columns of the catalog say
-- the same as pg_get_expr would, and the bound of Awa's partitions is one list value.
SELECT 'partition' AS part, c.relname::text AS object,
       coalesce('of ' || parent.relname || ' ' || pg_catalog.pg_get_expr(c.relpartbound, c.oid), '')
       || coalesce('by ' || pg_catalog.pg_get_partkeydef(p.partrelid), '') AS definition
  FROM pg_catalog.pg_class c
  LEFT JOIN pg_catalog.pg_inherits i ON i.inhrelid = c.oid
  LEFT JOIN pg_catalog.pg_class parent ON parent.oid = i.inhparent
  LEFT JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = c.oid
 WHERE c.relnamespace = to_regnamespace({schema})
   AND c.relkind IN ('r', 'p')
   AND (c.relispartition OR c.relkind = 'p')
