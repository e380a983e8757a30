-- One transaction, under Awa's migration lock, after the conditions were checked.
BEGIN;
\ir ../awa_infra/lock.sql
\ir ../awa_infra/preflight.sql
\ir ../awa_infra/stop.sql

-- What comes now is run as it was published:
[Awa's own text of V040: 3329 bytes, sha256 ad8d9fe668874722458872d5bd77d1f6800b509b68a3fe8ba097feaf6b02a8b9]

;
COMMIT;
