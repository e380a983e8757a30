-- Flyway would run version 1 on a schema that another program migrated, and fail half way. With a history or a baseline
-- that ends too low it would run migrations again on top of later ones, and bring back what those have replaced; with too
-- high a baseline it would never run the versions between.
WITH history AS MATERIALIZED (
    SELECT split_part(h.version, '.', 1)::numeric AS version, h.type = 'BASELINE' AS baseline
      FROM awa_migrations.flyway_schema_history h
     WHERE h.version IS NOT NULL AND h.success AND h.type <> 'DELETE'
       -- Repair marks what the folder of that day did not have, and Flyway runs it again.
       AND NOT EXISTS (SELECT FROM awa_migrations.flyway_schema_history d
                        WHERE d.type = 'DELETE' AND d.version = h.version AND d.installed_rank > h.installed_rank)
), known AS MATERIALIZED (
    SELECT h.version, h.baseline FROM history h ORDER BY h.version DESC LIMIT 1
), found AS MATERIALIZED (
    -- Of a transaction of several files only the first one can tell; see the callback before each file.
    SELECT max(version) AS version
      FROM awa.schema_version
    HAVING coalesce(current_setting('awa_infra.files', true), '') IN ('', '1')
)
SELECT 'not-adopted' AS code,
       format('Schema awa in database %I is at version %s, but Flyway''s history does not know it.',
              current_database(), f.version) AS message,
       format('Tell Flyway once: DROP TABLE awa_migrations.flyway_schema_history (it is empty), '
              'then run: flyway -baselineVersion=%s baseline', f.version) AS hint
  FROM found f
 WHERE f.version IS NOT NULL AND NOT EXISTS (SELECT FROM history)
UNION ALL
SELECT 'not-adopted',
       format('Schema awa in database %I is at version %s, but Flyway''s history ends at version %s.',
              current_database(), f.version, k.version),
       format('Another program migrated it. Tell Flyway once: DROP TABLE awa_migrations.flyway_schema_history, then run: '
              'flyway -baselineVersion=%s baseline', f.version)
  FROM known k
 CROSS JOIN found f
 WHERE NOT k.baseline
   -- A Flyway that was killed has not noted the last file that was committed; that one is run again.
   AND f.version > coalesce((SELECT min(v.version::integer) FROM json_array_elements_text({versions}) AS v (version)
                              WHERE v.version::integer > k.version), k.version)
UNION ALL
SELECT 'not-adopted',
       format('Flyway''s baseline is version %s, but schema awa in database %I is %s version %s: Flyway would %s.',
              k.version, current_database(), CASE WHEN k.version > f.version THEN 'only at' ELSE 'at' END, f.version,
              CASE WHEN k.version > f.version THEN 'never run what is between'
                   ELSE 'run again what is between' END),
       format('Correct it: DROP TABLE awa_migrations.flyway_schema_history, then run: flyway -baselineVersion=%s '
              'baseline', f.version)
  FROM known k
 CROSS JOIN found f
 WHERE k.baseline AND k.version <> f.version
