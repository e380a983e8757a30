-- Change 040005_lanes_slow_queue.
-- One transaction, under Awa's migration lock, after the conditions were asked.
BEGIN;
\ir ../awa_infra/lock.sql
\ir ../awa_infra/preflight.sql
\ir ../awa_infra/stop.sql

-- What comes now is run as it was published:
[all of shared/full/custom/R__awa_20_lanes_slow_queue.sql]

;
COMMIT;
