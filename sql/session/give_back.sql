-- Restores every setting that this changed for the session.
SELECT pg_catalog.set_config(s.key, s.value, false)
  FROM pg_catalog.jsonb_each_text(nullif(pg_catalog.current_setting('awa_infra.session', true), '')::jsonb) AS s;
SELECT pg_catalog.set_config('awa_infra.session', '', false);
