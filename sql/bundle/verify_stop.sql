-- The same comparison as verify.sql, but every difference is an error. It runs last in the transaction, before the
-- COMMIT.
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
