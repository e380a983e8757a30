-- Role {role} ({duty}): what it may do is granted schema by schema, after this.
DO $awa_infra$
DECLARE
    attempt int := 1;
BEGIN
    LOOP
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = {role}) THEN
                CREATE ROLE {role_name} LOGIN;
            END IF;
            IF NOT has_database_privilege({role}, current_database(), 'CONNECT') THEN
                EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), {role});
            END IF;
            EXIT;
        EXCEPTION WHEN unique_violation OR duplicate_object OR internal_error THEN
            IF attempt >= {attempts} THEN
                RAISE;
            END IF;
            PERFORM pg_sleep(0.1 * attempt);
            attempt := attempt + 1;
        END;
    END LOOP;
END
$awa_infra$
