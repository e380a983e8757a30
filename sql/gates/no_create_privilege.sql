-- gate: no-create-privilege
-- when: pending
-- unless: roles
-- Awa's first migration and its queue-storage installer run CREATE SCHEMA IF NOT EXISTS at every run,
-- for which PostgreSQL asks for CREATE on the database even if the schema is there.
SELECT 'no-create-privilege' AS code,
       format('Role %I may not create schemas in database %I.', current_user, current_database()) AS message,
       format('As its owner: GRANT CREATE ON DATABASE %I TO %I;', current_database(), current_user) AS hint
 WHERE NOT has_database_privilege(current_database(), 'CREATE')
