-- Roles belong to the whole server: where another database makes the same ones at this moment, this is tried again.
DO $awa_infra$
DECLARE
    attempt int := 1;
BEGIN
    LOOP
        BEGIN
{statements}
            EXIT;
        EXCEPTION WHEN {conflicts} THEN
            IF attempt >= {attempts} THEN
                RAISE;
            END IF;
            PERFORM pg_sleep(0.1 * attempt);
            attempt := attempt + 1;
        END;
    END LOOP;
END
$awa_infra$
