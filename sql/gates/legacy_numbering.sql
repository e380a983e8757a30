-- gate: legacy-numbering
-- for: bundle
-- needs: awa.schema_version
-- Before 0.4 Awa numbered its migrations differently. awa-infra apply rewrites the rows; the files of a bundle
-- cannot. Two tables show which numbering it is: they exist from version 2 and 4 of today's numbering on.
SELECT 'legacy-numbering' AS code,
       format('Schema awa in database %I has version rows in the numbering of Awa before 0.4 (highest: %s).',
              current_database(), max(version)) AS message,
       'Run awa migrate of the awa-cli release you are moving to once; it renumbers. Back up first.' AS hint
  FROM awa.schema_version
HAVING (max(version) IN (2, 3)
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                         WHERE n.nspname = 'awa' AND c.relname = 'runtime_instances'))
    OR (max(version) BETWEEN 4 AND 8
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                         WHERE n.nspname = 'awa' AND c.relname = 'queue_state_counts'))
