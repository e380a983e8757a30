-- Role {role} ({duty}).
IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = {role}) THEN
    CREATE ROLE {role_name} LOGIN;
END IF;
IF NOT has_database_privilege({role}, current_database(), 'CONNECT') THEN
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), {role});
END IF;
