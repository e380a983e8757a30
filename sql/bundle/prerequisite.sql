-- Once per database, before the first run: the schema of the tool's own tables. Schema awa belongs to Awa's migrations.
CREATE SCHEMA IF NOT EXISTS {history_name};
