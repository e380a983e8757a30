-- gate: minor-skipped
-- when: pending
-- needs: awa.schema_version
-- Awa's upgrade path does not skip a minor release: 0.5, 0.6, 0.7. Version 10 came with 0.5.5, 41 with 0.7.
SELECT 'minor-skipped' AS code,
       format('Schema awa in database %I is at version %s, from Awa 0.5 or before, and version %s is of 0.7.',
              current_database(), max(version), {target_version}) AS message,
       'Go to Awa 0.6 first, finish its storage transition there, then come back.' AS hint
  FROM awa.schema_version
HAVING max(version) < 10 AND {target_version} >= 41
