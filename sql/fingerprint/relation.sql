-- Tables, views and partitioned tables: kind and persistence. Sequences and indexes have parts of their own.
SELECT 'relation' AS part, c.relname::text AS object,
       CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table' WHEN 'v' THEN 'view'
                      WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table'
                      WHEN 'c' THEN 'composite type' ELSE c.relkind::text END
       || CASE c.relpersistence WHEN 'p' THEN '' WHEN 'u' THEN ' unlogged' ELSE ' temporary' END AS definition
  FROM pg_catalog.pg_class c
 WHERE c.relnamespace = to_regnamespace({schema}) AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c')
