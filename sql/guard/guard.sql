-- Guard schema {schema}: in this database it can no longer be dropped, not with DROP SCHEMA, not with DROP OWNED, and not
-- along with something else, unless the session allows it by name first: SET awa_infra.allow_drop = {schema};
-- To take the guard away, as a superuser: DROP EVENT TRIGGER {trigger_name}; DROP FUNCTION awa_infra_guard.{schema_name}();
-- Event triggers belong to superusers, so this is made by the login, whichever role the transaction acts as.
SELECT set_config('awa_infra.acting', current_setting('role'), true), set_config('role', 'none', true);
CREATE SCHEMA IF NOT EXISTS awa_infra_guard;
CREATE OR REPLACE FUNCTION awa_infra_guard.{schema_name}() RETURNS event_trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $awa_infra$
BEGIN
    IF current_setting('awa_infra.allow_drop', true) IS DISTINCT FROM {schema}
       AND EXISTS (SELECT FROM pg_event_trigger_dropped_objects() AS o
                    WHERE o.object_type = 'schema' AND o.object_name = {schema}) THEN
        RAISE EXCEPTION 'Schema % of database % is guarded, so it is not dropped.', {schema}, current_database()
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = format('It belongs to Awa and may hold jobs. If it has to go: SET awa_infra.allow_drop = %L; then drop it in the same session.',
                                {schema});
    END IF;
END
$awa_infra$;
DROP EVENT TRIGGER IF EXISTS {trigger_name};
CREATE EVENT TRIGGER {trigger_name} ON sql_drop
    WHEN TAG IN ('DROP SCHEMA', 'DROP OWNED', 'DROP EXTENSION')
    EXECUTE FUNCTION awa_infra_guard.{schema_name}();
SELECT set_config('role', current_setting('awa_infra.acting'), true)
