-- This file is for a schema below version {version}. A second run of the tool, which waited for the lock above while the
-- first one ran the same files, would run it on top of later ones and bring back what those have replaced.
DO $awa_infra$
DECLARE
    reached integer;
BEGIN
    IF to_regclass('awa.schema_version') IS NULL THEN
        RETURN;
    END IF;
    SELECT max(v.version) INTO reached FROM awa.schema_version v;
    IF NOT reached < {version} THEN
        RAISE EXCEPTION 'Schema awa in database % is at version % already, and this file is for one below version %. [not-adopted]',
            current_database(), reached, {version}
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'Another run has done it, or another program. This file changed nothing. Run preflight.sql; if it reports nothing, run the tool again.';
    END IF;
END
$awa_infra$;
