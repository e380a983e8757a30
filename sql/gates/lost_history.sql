-- gate: lost-history
-- The type awa.job_state comes with version 1. If it is there and the table of versions is not, then the history was
-- lost, and running version 1 again would fail half way.
SELECT 'lost-history' AS code,
       format('Schema awa in database %I has objects of Awa but no table awa.schema_version.',
              current_database()) AS message,
       'Restore awa.schema_version with its rows from a backup; run no migrator before that.' AS hint
  FROM pg_catalog.pg_type t
  JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
 WHERE n.nspname = 'awa' AND t.typname = 'job_state'
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.relnamespace = n.oid AND c.relname = 'schema_version')
