-- Change 040001_patch_wait_free_dirty_marks.
-- One transaction, under Awa's migration lock, after the conditions were checked.
BEGIN;
\ir ../awa_infra/lock.sql
\ir ../awa_infra/preflight.sql
\ir ../awa_infra/stop.sql

-- What comes now is run as it was published:
[Awa's own text of patch:wait_free_dirty_marks: 12356 bytes, sha256 839c7a32805f5178f663f88579a3a48a4516fb47512fe2981b910f956d273875]

;
COMMIT;
