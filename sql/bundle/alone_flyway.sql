-- Flyway gives its own lock back after each file, while Awa's migration lock is held from the first file to the last.
-- A second Flyway that starts between two files would hold one and wait for the other, and the first one the reverse: a
-- deadlock. So on connections of its own only one Flyway at a time continues from here ("AWA_FLYW" as a number), until
-- it disconnects. On a connection of an application's pool each file takes Awa's lock, so there is nothing to wait for.
DO $awa_infra$
DECLARE
    deadline CONSTANT timestamptz := clock_timestamp() + interval '60 seconds';
BEGIN
    IF current_setting('application_name') <> {application} THEN
        RETURN;
    END IF;
    WHILE NOT pg_try_advisory_lock({key}) LOOP
        IF clock_timestamp() > deadline THEN
            RAISE EXCEPTION 'Another Flyway has been at work on database % for more than 60 seconds. [lock-timeout]', current_database()
                USING ERRCODE = 'lock_not_available',
                      HINT = 'Wait for it, then run this again. Nothing was run.';
        END IF;
        PERFORM pg_sleep(0.2);
    END LOOP;
END
$awa_infra$;
