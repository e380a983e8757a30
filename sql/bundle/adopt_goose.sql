-- Records in goose's history the migrations that exist, by Awa's own table of versions. Run it after
-- "goose ... version", which makes goose's table. goose runs everything else: files of later versions or without one.
INSERT INTO awa_migrations.goose_db_version (version_id, is_applied)
SELECT f.number::bigint, true
  FROM json_array_elements_text({numbers}) AS f (number)
 WHERE f.number::bigint <= {room} * (SELECT max(version) FROM awa.schema_version)
   AND NOT EXISTS (SELECT FROM awa_migrations.goose_db_version g
                    WHERE g.version_id = f.number::bigint AND g.is_applied)
 ORDER BY f.number::bigint;
