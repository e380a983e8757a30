-- needs: awa_migrations.goose_db_version
-- What goose remembers; its first row is version 0.
SELECT DISTINCT g.version_id::text AS identity, NULL::integer AS checksum, 'applied' AS outcome
  FROM awa_migrations.goose_db_version g
 WHERE g.is_applied AND g.version_id > 0
