-- Puts the marker of queue storage back as it was.
DELETE FROM awa.runtime_storage_backends;
INSERT INTO awa.runtime_storage_backends SELECT * FROM pg_temp.awa_infra_marker;
