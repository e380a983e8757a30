-- Whether the version that this change is of, or comes after, is there.
DO $awa_infra$
BEGIN
    IF NOT EXISTS (SELECT FROM awa.schema_version WHERE version = 40) THEN
        RAISE EXCEPTION 'Schema awa in database % has not recorded version %.', current_database(), 40;
    END IF;
END
$awa_infra$;
