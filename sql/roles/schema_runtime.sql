-- What {role} may do in schema {schema}: work with jobs, and nothing that changes objects. TRUNCATE is how Awa's
-- maintenance empties partitions. Functions need no grant: PUBLIC may execute them, all but Awa's installer.
GRANT USAGE ON SCHEMA {schema_name} TO {role_name};
GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA {schema_name} TO {role_name};
GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA {schema_name} TO {role_name};
-- And on what later migrations make.
ALTER DEFAULT PRIVILEGES IN SCHEMA {schema_name}
    GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON TABLES TO {role_name};
ALTER DEFAULT PRIVILEGES IN SCHEMA {schema_name}
    GRANT USAGE, SELECT, UPDATE ON SEQUENCES TO {role_name};
