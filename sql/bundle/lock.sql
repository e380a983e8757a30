-- Awa's migration lock ("AWA_MIGR" as a number), the one that `awa migrate` takes, so that the two cannot
-- interleave. PostgreSQL releases one of the transaction at its end, and one of the session when it disconnects.
DO $awa_infra$
DECLARE
    deadline CONSTANT timestamptz := clock_timestamp() + interval '1 second' * {lock_wait};
BEGIN
    WHILE NOT {take}(4708303813013489490) LOOP
{wait}
    END LOOP;
END
$awa_infra$;
