-- Tells goose what is there already, by Awa's own table of versions; run after "goose ... version", which makes goose's
-- table. Whatever belongs to a version that is not there, or to none, is left to goose.
INSERT INTO awa_migrations.goose_db_version (version_id, is_applied)
SELECT f.number::bigint, true
  FROM json_array_elements_text({numbers}) AS f (number)
 WHERE f.number::bigint <= {room} * (SELECT max(version) FROM awa.schema_version)
   AND NOT EXISTS (SELECT FROM awa_migrations.goose_db_version g
                    WHERE g.version_id = f.number::bigint AND g.is_applied)
 ORDER BY f.number::bigint;
