-- Drops a database that awa-infra made for tests.
DROP DATABASE IF EXISTS {name} WITH (FORCE)
