-- What {role} may do in schema {schema}: work with jobs, and nothing that changes objects. TRUNCATE is how Awa's
-- maintenance empties partitions.
GRANT USAGE ON SCHEMA {schema_name} TO {role_name};
{objects}
-- And on what later migrations make.
ALTER DEFAULT PRIVILEGES IN SCHEMA {schema_name}
    GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON TABLES TO {role_name};
ALTER DEFAULT PRIVILEGES IN SCHEMA {schema_name}
    GRANT USAGE, SELECT, UPDATE ON SEQUENCES TO {role_name};
ALTER DEFAULT PRIVILEGES IN SCHEMA {schema_name} GRANT EXECUTE ON FUNCTIONS TO {role_name};
ALTER DEFAULT PRIVILEGES IN SCHEMA {schema_name} GRANT USAGE ON TYPES TO {role_name};
