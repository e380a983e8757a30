-- Guard schema {schema}: in this database it can no longer be dropped, not with DROP SCHEMA, not with DROP OWNED, and not
-- along with something else, unless the session allows it by name first: SET awa_infra.allow_drop = {schema};
-- To take the guard away, as a superuser: DROP EVENT TRIGGER {trigger_name}; DROP FUNCTION awa_infra_guard.{schema_name}();
-- Event triggers belong to superusers, so this is made by the login, whichever role the transaction acts as.
SELECT set_config('awa_infra.acting', current_setting('role'), true), set_config('role', 'none', true);
DO $awa_infra$
DECLARE
    found record;
BEGIN
    -- Superusers will run the function: nothing of another role's is taken for it.
    FOR found IN
{strangers}
    LOOP
        RAISE EXCEPTION 'In database %, % belongs to role %, which is no superuser, so schema % is not guarded.',
                current_database(), found.thing, found.owner, {schema}
            USING ERRCODE = 'insufficient_privilege',
                  HINT = 'Drop the event triggers that begin with awa_infra_guard_ first, then: DROP SCHEMA awa_infra_guard CASCADE; and run this again.';
    END LOOP;
    -- PostgreSQL would advise to drop it along.
    FOR found IN
        SELECT t.evtname
          FROM pg_catalog.pg_event_trigger t
          JOIN pg_catalog.pg_proc p ON p.oid = t.evtfoid
          JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
         WHERE n.nspname = 'awa_infra_guard' AND p.proname = {schema} AND t.evtname <> ('awa_infra_guard_' || {schema})::name
    LOOP
        RAISE EXCEPTION 'In database %, event trigger % uses the function of the guard of schema %, which cannot be made anew.',
                current_database(), found.evtname, {schema}
            USING ERRCODE = 'dependent_objects_still_exist',
                  HINT = format('awa-infra did not make it: ask whose it is. Then, as its owner: DROP EVENT TRIGGER %I; and run this again.', found.evtname);
    END LOOP;
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'awa_infra_guard') THEN
        CREATE SCHEMA awa_infra_guard;
    END IF;
END
$awa_infra$;
REVOKE ALL ON SCHEMA awa_infra_guard FROM PUBLIC;
DROP EVENT TRIGGER IF EXISTS {trigger_name};
DROP FUNCTION IF EXISTS awa_infra_guard.{schema_name}();
-- Not OR REPLACE, which would leave the function with an owner who made one since.
CREATE FUNCTION awa_infra_guard.{schema_name}() RETURNS event_trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $awa_infra$
{body}$awa_infra$;
CREATE EVENT TRIGGER {trigger_name} ON sql_drop
    WHEN TAG IN ('DROP SCHEMA', 'DROP OWNED', 'DROP EXTENSION')
    EXECUTE FUNCTION awa_infra_guard.{schema_name}();
SELECT set_config('role', current_setting('awa_infra.acting'), true)
