-- The password of {role}, as a SCRAM verifier: it cannot be used to log in.
DO $awa_infra$
DECLARE
    attempt int := 1;
BEGIN
    LOOP
        BEGIN
            ALTER ROLE {role_name} PASSWORD {verifier};
            EXIT;
        EXCEPTION WHEN internal_error THEN
            IF attempt >= {attempts} THEN
                RAISE;
            END IF;
            PERFORM pg_sleep(0.1 * attempt);
            attempt := attempt + 1;
        END;
    END LOOP;
END
$awa_infra$
