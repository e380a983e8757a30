-- Records in golang-migrate's history the version that exists, by Awa's own table of versions: after another program
-- migrated, or after a run that left the history dirty or behind. Files after that version are run again, which is safe.
CREATE TABLE IF NOT EXISTS awa_migrations.schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL);
DO $awa_infra$
DECLARE
    reached bigint := 0;
BEGIN
    IF to_regclass('awa.schema_version') IS NOT NULL THEN
        SELECT coalesce(max(version), 0) * {room} INTO reached FROM awa.schema_version;
    END IF;
    DELETE FROM awa_migrations.schema_migrations;
    INSERT INTO awa_migrations.schema_migrations (version, dirty)
    SELECT max(f.number::bigint), false
      FROM json_array_elements_text({numbers}) AS f (number)
     WHERE f.number::bigint <= reached
    HAVING count(*) > 0;
END
$awa_infra$;
