-- gate: lost-history
-- The type awa.job_state comes with version 1. If it is there and no version row is, then the history was
-- lost, and running version 1 again would fail half way.
SELECT 'lost-history' AS code,
       format('Schema awa in database %I has objects but no readable table awa.schema_version.',
              current_database()) AS message,
       'Restore awa.schema_version from a backup, or grant this role SELECT on it if it exists.' AS hint
  FROM pg_catalog.pg_type t
  JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
 WHERE n.nspname = 'awa' AND t.typname = 'job_state'
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c
                    WHERE c.relnamespace = n.oid AND c.relname = 'schema_version'
                      AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT'))
