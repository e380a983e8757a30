-- Change 040002_queue_storage_shop_queue.
-- One transaction, under Awa's migration lock, after the conditions were asked.
BEGIN;
\ir ../awa_infra/lock.sql
\ir ../awa_infra/preflight.sql
\ir ../awa_infra/stop.sql

-- What comes now is run as it was published:
[all of shared/full/custom/R__awa_10_queue_storage_shop_queue.sql]

;
COMMIT;
