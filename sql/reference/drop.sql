-- Drops the scratch database that the same verification created.
DROP DATABASE IF EXISTS {name} WITH (FORCE)
