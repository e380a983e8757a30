-- Role {owner}: owns schema awa and every queue-storage schema of this database, and never logs in.
-- An existing role is used as it is. Roles belong to the whole server: where another database makes the
-- same ones at this moment, this is tried again.
DO $awa_infra$
DECLARE
    attempt int := 1;
BEGIN
    LOOP
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = {owner}) THEN
                CREATE ROLE {owner_name} NOLOGIN;
            END IF;

            -- The role that runs this must be able to act as the owner. From PostgreSQL 16 on, the creator of a role
            -- may grant it to any role, but may not act as it.
            IF NOT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN
                IF current_setting('server_version_num')::int >= 160000 THEN
                    IF NOT (pg_has_role({owner}, 'USAGE') AND pg_has_role({owner}, 'SET')) THEN
                        EXECUTE format('GRANT %I TO %I WITH INHERIT TRUE, SET TRUE', {owner}, current_user);
                    END IF;
                ELSIF NOT pg_has_role({owner}, 'USAGE') THEN
                    EXECUTE format('GRANT %I TO %I', {owner}, current_user);
                END IF;
            END IF;

            -- Awa's migrations and its queue-storage installer ask for CREATE on the database at every run.
            IF NOT (has_database_privilege({owner}, current_database(), 'CREATE')
                    AND has_database_privilege({owner}, current_database(), 'CONNECT')) THEN
                EXECUTE format('GRANT CREATE, CONNECT ON DATABASE %I TO %I', current_database(), {owner});
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
