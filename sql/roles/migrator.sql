-- Role {role} migrates, acting as {owner}, so that everything it makes belongs to {owner}.
IF current_setting('server_version_num')::int >= 160000 THEN
    -- From PostgreSQL 16 on a member may be one without the right to act as the role.
    IF NOT pg_has_role({role}, {owner}, 'SET') THEN
        EXECUTE format('GRANT %I TO %I WITH SET TRUE', {owner}, {role});
    END IF;
ELSIF NOT pg_has_role({role}, {owner}, 'MEMBER') THEN
    EXECUTE format('GRANT %I TO %I', {owner}, {role});
END IF;
-- In this database a session of it starts as the owner: awa migrate, Flyway and psql need no option.
IF NOT EXISTS (SELECT FROM pg_catalog.pg_db_role_setting s
                 JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase
                 JOIN pg_catalog.pg_roles r ON r.oid = s.setrole
                WHERE d.datname = current_database() AND r.rolname = {role}
                  AND s.setconfig @> ARRAY['role=' || {owner}]) THEN
    EXECUTE format('ALTER ROLE %I IN DATABASE %I SET role = %L', {role}, current_database(), {owner});
END IF;
