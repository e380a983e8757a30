-- Enumerations with their labels in order, domains and ranges. Composite types are relations with columns.
SELECT t.schema, 'type' AS part, t.typname AS object,
       CASE t.typtype WHEN 'e' THEN 'enum (' || (SELECT string_agg(e.enumlabel, ', ' ORDER BY e.enumsortorder)
                                                   FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid) || ')'
                      WHEN 'r' THEN 'range'
                      ELSE 'domain over ' || pg_catalog.format_type(t.typbasetype, t.typtypmod) END AS definition
  FROM types t
