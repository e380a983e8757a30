-- Partition keys, and which partition of which table holds which values. The plain columns of the catalog say
-- the same as pg_get_expr would, and the bound of Awa's partitions is one list value. A partition whose DETACH CONCURRENTLY was
-- interrupted takes no row.
SELECT r.schema, 'partition' AS part, r.relname AS object,
       coalesce('of ' || CASE WHEN parent.relnamespace = r.relnamespace THEN '' ELSE parent.relnamespace::regnamespace || '.' END
                || parent.relname || ' ' || pg_catalog.pg_get_expr(r.relpartbound, 0)
                || CASE WHEN i.inhdetachpending THEN ' detach pending' ELSE '' END, '')
       || coalesce('by ' || pg_catalog.pg_get_partkeydef(p.partrelid), '') AS definition
  FROM relations r
  LEFT JOIN pg_catalog.pg_inherits i ON i.inhrelid = r.oid
  LEFT JOIN pg_catalog.pg_class parent ON parent.oid = i.inhparent
  LEFT JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = r.oid
 WHERE r.relkind IN ('r', 'p') AND (r.relispartition OR r.relkind = 'p')
