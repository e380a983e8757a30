-- Schema {schema}, empty if it is new: privileges on it and on what will be in it can be granted before it is filled.
DO $awa_infra$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = {schema}) THEN
        CREATE SCHEMA {schema_name};
    END IF;
END
$awa_infra$
