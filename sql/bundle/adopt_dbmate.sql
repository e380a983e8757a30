-- Tells dbmate what is there already, by Awa's own table of versions. Whatever belongs to a version that is not there, or
-- to none, is left to dbmate.
CREATE TABLE IF NOT EXISTS awa_migrations.dbmate_migrations (version varchar PRIMARY KEY);
INSERT INTO awa_migrations.dbmate_migrations (version)
SELECT lpad(f.number, 6, '0')
  FROM json_array_elements_text({numbers}) AS f (number)
 WHERE f.number::bigint <= {room} * (SELECT max(version) FROM awa.schema_version)
 ORDER BY f.number::bigint
    ON CONFLICT DO NOTHING;
