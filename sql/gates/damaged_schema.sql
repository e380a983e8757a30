-- gate: damaged-schema
-- needs: awa.schema_version
-- Awa's own runner takes a database that lost this table for one of Awa before 0.4 and rewrites its history.
SELECT 'damaged-schema' AS code,
       format('Schema awa in database %I is at version %s, but its table queue_state_counts is missing.',
              current_database(), max(version)) AS message,
       'Restore the table from a backup, and run no other migrator before that.' AS hint
  FROM awa.schema_version
HAVING max(version) >= 9
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                    WHERE n.nspname = 'awa' AND c.relname = 'queue_state_counts')
