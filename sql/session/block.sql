-- The settings under which everything here runs, whatever the role or the database has.
DO $awa_infra$
DECLARE
    setting record;
BEGIN
    FOR setting IN
{settings}
    LOOP
        PERFORM pg_catalog.set_config(setting.name, setting.value, {local});
    END LOOP;
END
$awa_infra$;
