-- Which schemas have no guard against being dropped, or one that is disabled or was changed: rows (step, name, absent, text).
SELECT 'guard:' || g.schema AS step, g.schema AS name, false AS absent,
       format('schema %s is not guarded against being dropped', g.schema) AS text
  FROM json_to_recordset({guards}) AS g (schema text, body text)
 WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_event_trigger t
                     JOIN pg_catalog.pg_proc p ON p.oid = t.evtfoid
                     JOIN pg_catalog.pg_language l ON l.oid = p.prolang
                     JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
                    WHERE t.evtname = 'awa_infra_guard_' || g.schema
                      AND t.evtevent = 'sql_drop'
                      AND t.evtenabled IN ('O', 'A')
                      AND (t.evttags IS NULL OR t.evttags @> ARRAY['DROP SCHEMA', 'DROP OWNED', 'DROP EXTENSION'])
                      AND n.nspname = 'awa_infra_guard'
                      AND p.proname = g.schema
                      AND l.lanname = 'plpgsql'
                      -- A client may have sent the text with the line ends of Windows.
                      AND replace(p.prosrc, chr(13), '') = chr(10) || g.body
                      AND p.proconfig = ARRAY['search_path=pg_catalog, pg_temp']
                      AND NOT p.prosecdef
                      AND NOT EXISTS (SELECT FROM (
{strangers}
                                     ) AS stranger
                                      WHERE stranger.thing IN ('schema awa_infra_guard',
                                                               format('function awa_infra_guard.%I()', p.proname))))
