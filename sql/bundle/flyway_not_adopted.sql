-- Flyway would run version 1 on a schema that another program migrated, and fail half way.
SELECT 'not-adopted' AS code,
       format('Schema awa in database %I is at version %s, but Flyway''s history does not know it.',
              current_database(), max(version)) AS message,
       format('Tell Flyway once: DROP TABLE awa_migrations.flyway_schema_history (it is empty), '
              'then run: flyway -baselineVersion=%s baseline', max(version)) AS hint
  FROM awa.schema_version
HAVING max(version) IS NOT NULL
   AND NOT EXISTS (SELECT FROM awa_migrations.flyway_schema_history h WHERE h.version IS NOT NULL AND h.success)
