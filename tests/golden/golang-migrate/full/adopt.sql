[all of shared/both/awa_infra/lock.sql]

-- Tells golang-migrate what is there already, by Awa's own table of versions: after another program migrated, or after a
-- run that left golang-migrate's history dirty or behind. What comes after that version is run again, and may be.
CREATE TABLE IF NOT EXISTS awa_migrations.schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL);
DO $awa_infra$
DECLARE
    reached bigint := 0;
BEGIN
    IF to_regclass('awa.schema_version') IS NOT NULL THEN
        SELECT coalesce(max(version), 0) * 1000 INTO reached FROM awa.schema_version;
    END IF;
    DELETE FROM awa_migrations.schema_migrations;
    INSERT INTO awa_migrations.schema_migrations (version, dirty)
    SELECT max(f.number::bigint), false
      FROM json_array_elements_text('[1000, 2000, 3000, 4000, 5000, 6000, 7000, 9000, 10000, 11000, 12000, 13000, 14000, 15000, 16000, 17000, 18000, 19000, 20000, 21000, 22000, 23000, 24000, 25000, 26000, 27000, 28000, 29000, 30000, 31000, 32000, 33000, 34000, 35000, 36000, 37000, 38000, 39000, 40000, 40001, 40002, 40003, 40004, 40005]') AS f (number)
     WHERE f.number::bigint <= reached
    HAVING count(*) > 0;
END
$awa_infra$;
