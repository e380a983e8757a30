-- gate: empty-history
-- needs: awa.schema_version
SELECT 'empty-history' AS code,
       format('Table awa.schema_version in database %I is empty.', current_database()) AS message,
       'Restore its rows from a backup; if the schema awa was never used, drop that one table.' AS hint
HAVING NOT EXISTS (SELECT FROM awa.schema_version)
