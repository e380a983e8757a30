-- Flyway would run version 1 on a schema that another program migrated, and fail half way. With too high a baseline it
-- would never run the versions between.
SELECT 'not-adopted' AS code,
       format('Schema awa in database %I is at version %s, but Flyway''s history does not know it.',
              current_database(), max(version)) AS message,
       format('Tell Flyway once: DROP TABLE awa_migrations.flyway_schema_history (it is empty), '
              'then run: flyway -baselineVersion=%s baseline', max(version)) AS hint
  FROM awa.schema_version
HAVING max(version) IS NOT NULL
   AND NOT EXISTS (SELECT FROM awa_migrations.flyway_schema_history h WHERE h.version IS NOT NULL AND h.success)
UNION ALL
SELECT 'not-adopted',
       format('Flyway''s baseline is version %s, but schema awa in database %I is only at version %s: Flyway would '
              'never run what is between.', h.version, current_database(), found.version),
       format('Correct it: DROP TABLE awa_migrations.flyway_schema_history, then run: flyway -baselineVersion=%s '
              'baseline', found.version)
  FROM awa_migrations.flyway_schema_history h
 CROSS JOIN (SELECT max(version) AS version FROM awa.schema_version) found
 WHERE h.type = 'BASELINE' AND split_part(h.version, '.', 1)::integer > found.version
