-- First in the transaction. Notices of a fresh installation are ten thousand lines; jit costs more than it saves here;
-- a role's statement timeout is for applications. A table lock that is not free in time fails the run, which
-- is then rolled back, rather than making every other session wait behind it.
SET LOCAL client_encoding = 'UTF8';
SET LOCAL client_min_messages = warning;
SET LOCAL jit = off;
SET LOCAL statement_timeout = 0;
SET LOCAL idle_in_transaction_session_timeout = 0;
SET LOCAL lock_timeout = '30000ms';

-- Awa's migration lock ("AWA_MIGR" as a number), the one that `awa migrate` takes, so that the two cannot
-- interleave. It is the transaction's: PostgreSQL gives it back at its end, whatever happens.
DO $awa_infra$
DECLARE
    deadline CONSTANT timestamptz := clock_timestamp() + interval '1 second' * 60.0;
BEGIN
    WHILE NOT pg_try_advisory_xact_lock(4708303813013489490) LOOP
        IF clock_timestamp() > deadline THEN
            RAISE EXCEPTION 'Awa''s migration lock in database % was not free within %. [lock-timeout]', current_database(),
                '60 seconds'
                USING ERRCODE = 'lock_not_available',
                      HINT = 'Another migration is running; in pg_locks it holds objid 1296648018. Wait for it, then run this again.';
        END IF;
        PERFORM pg_sleep(0.2);
    END LOOP;
END
$awa_infra$;
