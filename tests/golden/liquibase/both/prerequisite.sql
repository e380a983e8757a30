-- Once per database, before the first update: Liquibase does not create the schema of its own tables.
CREATE SCHEMA IF NOT EXISTS awa_migrations;
