-- Enumerations with their labels in order, domains and ranges. Composite types are relations with columns.
SELECT 'type' AS part, t.typname::text AS object,
       CASE t.typtype WHEN 'e' THEN 'enum (' || (SELECT string_agg(e.enumlabel, ', ' ORDER BY e.enumsortorder)
                                                   FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid) || ')'
                      WHEN 'r' THEN 'range'
                      ELSE 'domain over ' || pg_catalog.format_type(t.typbasetype, t.typtypmod) END AS definition
  FROM pg_catalog.pg_type t
 WHERE t.typnamespace = to_regnamespace({schema}) AND t.typtype IN ('e', 'd', 'r')
