-- Role {owner}: owns schema awa and every queue-storage schema of this database, and never logs in.
-- An existing role is used as it is.
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
