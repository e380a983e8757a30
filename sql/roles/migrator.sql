-- Role {role}: migrates, acting as {owner}, so that everything it makes belongs to {owner}.
DO $awa_infra$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = {role}) THEN
        CREATE ROLE {role_name} LOGIN;
    END IF;
    IF NOT has_database_privilege({role}, current_database(), 'CONNECT') THEN
        EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), {role});
    END IF;
    IF NOT pg_has_role({role}, {owner}, 'MEMBER') THEN
        GRANT {owner_name} TO {role_name};
    END IF;
    -- In this database a session of it starts as the owner: awa migrate, Flyway and psql need no option for that.
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_db_role_setting s
                     JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase
                     JOIN pg_catalog.pg_roles r ON r.oid = s.setrole
                    WHERE d.datname = current_database() AND r.rolname = {role}
                      AND s.setconfig @> ARRAY['role=' || {owner}]) THEN
        EXECUTE format('ALTER ROLE %I IN DATABASE %I SET role = %L', {role}, current_database(), {owner});
    END IF;
END
$awa_infra$
