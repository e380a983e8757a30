-- One transaction, under Awa's migration lock, after the conditions were checked.
BEGIN;
\ir ../awa_infra/lock.sql
\ir ../awa_infra/preflight.sql
\ir ../awa_infra/stop.sql

-- What comes now is run as it was published:
[Awa's own text of V002: 1008 bytes, sha256 81d7b55baea14f6491607a8d1326b68ed8a02ddfc1353b34eb5a40afaa0b8d3e]

;
COMMIT;
