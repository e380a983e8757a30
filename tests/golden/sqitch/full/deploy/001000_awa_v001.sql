-- One transaction, under Awa's migration lock, after the conditions were checked.
BEGIN;
\ir ../awa_infra/lock.sql
\ir ../awa_infra/preflight.sql
\ir ../awa_infra/stop.sql

-- What comes now is run as it was published:
[Awa's own text of V001: 15289 bytes, sha256 4722dfe2d9e2f54be308dd3c53b626950e13ba3f3c210c4c3302d7c752434c6b]

;
COMMIT;
