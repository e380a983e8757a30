-- Change 040001_patch_wait_free_dirty_marks.
-- One transaction, under Awa's migration lock, after the conditions were asked.
BEGIN;
\ir ../awa_infra/lock.sql
\ir ../awa_infra/preflight.sql
\ir ../awa_infra/stop.sql

-- What comes now is run as it was published:
[Awa's own text of patch:wait_free_dirty_marks]
;
COMMIT;
