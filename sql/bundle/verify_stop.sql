-- The same comparison as verify.sql, but every difference is an error. It runs last in the transaction, before the
-- COMMIT. What an administrator's script brings, before this or after it, is only a warning.
DO $awa_infra$
DECLARE
    wrong text;
    later text;
BEGIN
    SELECT string_agg(f.line, E'\n') FILTER (WHERE f.brought), string_agg(f.line, E'\n') FILTER (WHERE NOT f.brought)
      INTO wrong, later
      FROM (SELECT format('%s: %s instead of %s', r.what, r.found, r.expected) AS line, r.brought
              FROM jsonb_to_recordset(current_setting('awa_infra.facts')::jsonb)
                AS r (what text, expected text, found text, brought boolean)
             WHERE r.expected <> r.found) AS f;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = format('Database %I is not what this bundle promises:', current_database()) || E'\n' || wrong,
            HINT = CASE WHEN current_setting('awa_infra.each', true) = 'on' THEN 'What was committed before stays.'
                        ELSE {outcome} END
                   || ' README.md of the bundle says what to do.';
    ELSIF later IS NOT NULL THEN
        RAISE WARNING USING
            MESSAGE = format('Database %I still waits for an administrator:', current_database()) || E'\n' || later,
            HINT = 'The bundle''s roles.sql or guard.sql brings that, and may be run again: README.md says how.';
    END IF;
END
$awa_infra$;
