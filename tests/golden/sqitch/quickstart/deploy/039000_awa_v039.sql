-- One transaction, under Awa's migration lock, after the conditions were checked.
BEGIN;
\ir ../awa_infra/lock.sql
\ir ../awa_infra/preflight.sql
\ir ../awa_infra/stop.sql

-- What comes now is run as it was published:
[Awa's own text of V039: 155323 bytes, sha256 b21ce13c7fc5e9d7adbeb5d1c80e51fab95b69490896b03bbd0d2305fc0112ce]

;
COMMIT;
