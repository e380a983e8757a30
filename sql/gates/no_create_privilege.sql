-- gate: no-create-privilege
-- when: pending
-- unless: roles
-- of: login
-- Awa's first migration and its queue-storage installer run CREATE SCHEMA IF NOT EXISTS at every run,
-- for which PostgreSQL asks for CREATE on the database even if the schema is there. What runs acts as the owner of
-- schema awa, once there is one.
SELECT 'no-create-privilege' AS code,
       format('Role %I may not create schemas in database %I.', a.name, current_database()) AS message,
       format('As its owner: GRANT CREATE ON DATABASE %I TO %I;', current_database(), a.name) AS hint
  FROM (SELECT coalesce((SELECT pg_catalog.pg_get_userbyid(n.nspowner)
                           FROM pg_catalog.pg_namespace n
                          WHERE n.nspname = 'awa'), current_user) AS name) a
 WHERE NOT has_database_privilege(a.name, current_database(), 'CREATE')
