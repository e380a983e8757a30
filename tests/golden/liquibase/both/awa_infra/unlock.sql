[all of shared/both/awa_infra/installer.sql]

-- Last of every update: gives back what lock.sql took, for a connection that an application's pool keeps open.
SELECT pg_advisory_unlock(4708303813013489490);
-- The advisory lock is the session's, whatever its role is.
RESET role;
-- Whatever this set for the session is as it was before.
SELECT pg_catalog.set_config(s.key, s.value, false)
  FROM pg_catalog.jsonb_each_text(nullif(pg_catalog.current_setting('awa_infra.session', true), '')::jsonb) AS s;
SELECT pg_catalog.set_config('awa_infra.session', '', false);

