-- Awa's migration lock ("AWA_MIGR" as a number), the one that `awa migrate` takes, so that the two cannot
-- interleave. PostgreSQL releases one of the transaction at its end, and one of the session when it disconnects.
DO $awa_infra$
DECLARE
    deadline CONSTANT timestamptz := clock_timestamp() + interval '1 second' * {lock_wait};
BEGIN
    WHILE NOT {take}(4708303813013489490) LOOP
        IF clock_timestamp() > deadline THEN
            RAISE EXCEPTION 'Awa''s migration lock in database % was not free within %. [lock-timeout]', current_database(),
                {lock_wait_text}
                USING ERRCODE = 'lock_not_available',
                      HINT = 'Another migration is running; in pg_locks it holds objid 1296648018. Wait for it, then run this again.';
        END IF;
        PERFORM pg_sleep(0.2);
    END LOOP;
END
$awa_infra$;
