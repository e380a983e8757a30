-- What {role} may do in schema {schema}: read. Queue and job statistics read sequences too.
GRANT USAGE ON SCHEMA {schema_name} TO {role_name};
GRANT SELECT ON ALL TABLES IN SCHEMA {schema_name} TO {role_name};
GRANT SELECT ON ALL SEQUENCES IN SCHEMA {schema_name} TO {role_name};
-- And on what later migrations make.
ALTER DEFAULT PRIVILEGES IN SCHEMA {schema_name} GRANT SELECT ON TABLES TO {role_name};
ALTER DEFAULT PRIVILEGES IN SCHEMA {schema_name} GRANT SELECT ON SEQUENCES TO {role_name};
