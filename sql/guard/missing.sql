-- Which schemas have no guard against being dropped, or one that is disabled: rows (step, text).
SELECT 'guard:' || g.schema AS step, format('schema %s is not guarded against being dropped', g.schema) AS text
  FROM unnest({guarded}::text[]) AS g (schema)
 WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_event_trigger t
                     JOIN pg_catalog.pg_proc p ON p.oid = t.evtfoid
                     JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
                    WHERE t.evtname = 'awa_infra_guard_' || g.schema
                      AND t.evtevent = 'sql_drop'
                      AND t.evtenabled IN ('O', 'A')
                      AND n.nspname = 'awa_infra_guard'
                      AND p.proname = g.schema)
