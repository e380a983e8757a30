-- What is about to be set for the session, as it was before; what was kept already is older.
SELECT pg_catalog.set_config('awa_infra.session',
         ((SELECT coalesce(pg_catalog.jsonb_object_agg(s.name, pg_catalog.current_setting(s.name)),
                           pg_catalog.jsonb_build_object())
             FROM (
{settings}
             ) AS s)
          OPERATOR(pg_catalog.||)
          CASE WHEN pg_catalog.current_setting('awa_infra.session', true) OPERATOR(pg_catalog.<>) ''
               THEN pg_catalog.current_setting('awa_infra.session', true)::pg_catalog.jsonb
               ELSE pg_catalog.jsonb_build_object() END)::pg_catalog.text, false);
