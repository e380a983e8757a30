-- What is about to be set for the session, as it was before; what was kept already is older.
SELECT pg_catalog.set_config('awa_infra.session',
         ((SELECT coalesce(pg_catalog.jsonb_object_agg(s.name, pg_catalog.current_setting(s.name)),
                           pg_catalog.jsonb_build_object())
             FROM (
{settings}
             ) AS s)
          || coalesce(nullif(pg_catalog.current_setting('awa_infra.session', true), '')::jsonb,
                      pg_catalog.jsonb_build_object()))::text, false);
