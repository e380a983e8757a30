-- Changes nothing: it raises an error if a condition does not hold.
-- Never touches jobs, other schemas, or which storage is active.
-- Stops the tool if one of the conditions just checked fails. A statement of its own, because tools print the statement
-- that failed, and a short one leaves the reasons in sight.
DO $awa_infra$
BEGIN
    IF current_setting('awa_infra.problems') <> '' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = format('This bundle cannot be run on database %I:', current_database())
                      || E'\n' || current_setting('awa_infra.problems'),
            HINT = 'Nothing was run.' || ' README.md of the bundle says what each code in brackets means.';
    END IF;
END
$awa_infra$;
