-- Tables, views and partitioned tables: kind, persistence, and an access method other than heap, which may know no UPDATE.
-- Sequences and indexes have parts of their own.
SELECT r.schema, 'relation' AS part, r.relname AS object,
       CASE r.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table' WHEN 'v' THEN 'view'
                      WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table'
                      WHEN 'c' THEN 'composite type' ELSE r.relkind::text END
       || CASE r.relpersistence WHEN 'p' THEN '' WHEN 'u' THEN ' unlogged' ELSE ' temporary' END
       || CASE WHEN r.relam IN (0, 2) THEN ''
               ELSE coalesce((SELECT ' using ' || am.amname FROM pg_catalog.pg_am am WHERE am.oid = r.relam), '') END AS definition
  FROM relations r
 WHERE r.relkind IN ('r', 'p', 'v', 'm', 'f', 'c')
