-- What verify.sql shows, as a demand: anything that is not as the bundle promises is an error. As the last in a
-- transaction it is asked before it is too late.
DO $awa_infra$
DECLARE
    wrong text;
BEGIN
    SELECT string_agg(format('%s: %s instead of %s', f.what, f.found, f.expected), E'\n')
      INTO wrong
      FROM jsonb_to_recordset(current_setting('awa_infra.facts')::jsonb) AS f (what text, expected text, found text)
     WHERE f.expected <> f.found;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = format('Database %I is not what this bundle promises:', current_database()) || E'\n' || wrong,
            HINT = {outcome} || ' README.md of the bundle says what to do.';
    END IF;
END
$awa_infra$;
