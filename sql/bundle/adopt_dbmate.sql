-- Records in dbmate's history the migrations that exist, by Awa's own table of versions. dbmate runs everything else:
-- files of later versions, and files without a version.
CREATE TABLE IF NOT EXISTS awa_migrations.dbmate_migrations (version varchar PRIMARY KEY);
INSERT INTO awa_migrations.dbmate_migrations (version)
SELECT lpad(f.number, 6, '0')
  FROM json_array_elements_text({numbers}) AS f (number)
 WHERE f.number::bigint <= {room} * (SELECT max(version) FROM awa.schema_version)
 ORDER BY f.number::bigint
    ON CONFLICT DO NOTHING;
