-- Once per database, before the first run: the schema of the tool's own table. Schema awa belongs to Awa's migrations.
CREATE SCHEMA IF NOT EXISTS awa_migrations;
