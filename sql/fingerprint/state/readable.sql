-- Which tables of schema {schema} this role may read.
SELECT c.relname::text AS relation
  FROM pg_catalog.pg_class c
 WHERE c.relnamespace = to_regnamespace({quoted}) AND c.relkind IN ('r', 'p')
   AND has_schema_privilege(c.relnamespace, 'USAGE')
   AND has_table_privilege(c.oid, 'SELECT')
