-- What {role} may do in schema {schema}: read. Queue and job statistics read sequences too, and views call functions
-- with the privileges of the role that reads them; a function that writes fails without privileges on the tables.
GRANT USAGE ON SCHEMA {schema_name} TO {role_name};
{objects}
-- And on what later migrations make.
ALTER DEFAULT PRIVILEGES IN SCHEMA {schema_name} GRANT SELECT ON TABLES TO {role_name};
ALTER DEFAULT PRIVILEGES IN SCHEMA {schema_name} GRANT SELECT ON SEQUENCES TO {role_name};
ALTER DEFAULT PRIVILEGES IN SCHEMA {schema_name} GRANT EXECUTE ON FUNCTIONS TO {role_name};
ALTER DEFAULT PRIVILEGES IN SCHEMA {schema_name} GRANT USAGE ON TYPES TO {role_name};
