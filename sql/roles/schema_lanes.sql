-- Awa 0.6.8 and 0.6.9 run CREATE SEQUENCE IF NOT EXISTS whenever a job is enqueued in queue storage; PostgreSQL asks
-- for CREATE on the schema even if the sequence is there.
GRANT CREATE ON SCHEMA {schema_name} TO {role_name};
