-- Role {role}: migrates, acting as {owner}, so that everything it makes belongs to {owner}.
DO $awa_infra$
DECLARE
    attempt int := 1;
    -- From PostgreSQL 16 on a member may be one without the right to act as the role.
    means   CONSTANT text := CASE WHEN current_setting('server_version_num')::int < 160000 THEN 'MEMBER' ELSE 'SET' END;
BEGIN
    LOOP
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = {role}) THEN
                CREATE ROLE {role_name} LOGIN;
            END IF;
            IF NOT has_database_privilege({role}, current_database(), 'CONNECT') THEN
                EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), {role});
            END IF;
            IF NOT pg_has_role({role}, {owner}, means) THEN
                EXECUTE format(CASE means WHEN 'SET' THEN 'GRANT %I TO %I WITH SET TRUE' ELSE 'GRANT %I TO %I' END,
                               {owner}, {role});
            END IF;
            -- In this database a session of it starts as the owner: awa migrate, Flyway and psql need no option.
            IF NOT EXISTS (SELECT FROM pg_catalog.pg_db_role_setting s
                             JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase
                             JOIN pg_catalog.pg_roles r ON r.oid = s.setrole
                            WHERE d.datname = current_database() AND r.rolname = {role}
                              AND s.setconfig @> ARRAY['role=' || {owner}]) THEN
                EXECUTE format('ALTER ROLE %I IN DATABASE %I SET role = %L', {role}, current_database(), {owner});
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
