-- Keeps the marker of queue storage aside, until the end of the transaction: Awa's older migrations write it anew.
LOCK TABLE awa.runtime_storage_backends IN SHARE ROW EXCLUSIVE MODE;
CREATE TEMPORARY TABLE awa_infra_marker ON COMMIT DROP AS SELECT * FROM awa.runtime_storage_backends;
