-- gate: downgrade
-- needs: awa.schema_version
-- Awa has no down migrations.
SELECT 'downgrade' AS code,
       format('Schema awa in database %I is at version %s; going back to %s is not possible.',
              current_database(), max(version), {target_version}) AS message,
       format('Ask for version %s or newer, or restore a backup.', max(version)) AS hint
  FROM awa.schema_version
HAVING max(version) > {target_version} AND max(version) <= {release_version}
