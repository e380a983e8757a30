-- gate: empty-history
-- needs: awa.schema_version
SELECT 'empty-history' AS code,
       format('Table awa.schema_version in database %I is empty.', current_database()) AS message,
       'Run awa-infra verify --repair, which puts its rows back where every object is that of the release. Otherwise restore its rows from a backup; if the schema awa was never used, drop that one table.' AS hint
HAVING NOT EXISTS (SELECT FROM awa.schema_version)
