-- Tables, views and partitioned tables: kind and persistence. Sequences and indexes have parts of their own.
SELECT r.schema, 'relation' AS part, r.relname AS object,
       CASE r.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table' WHEN 'v' THEN 'view'
                      WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table'
                      WHEN 'c' THEN 'composite type' ELSE r.relkind::text END
       || CASE r.relpersistence WHEN 'p' THEN '' WHEN 'u' THEN ' unlogged' ELSE ' temporary' END AS definition
  FROM relations r
 WHERE r.relkind IN ('r', 'p', 'v', 'm', 'f', 'c')
