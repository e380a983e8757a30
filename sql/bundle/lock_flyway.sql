-- Awa's migration lock ("AWA_MIGR" as a number), the one that `awa migrate` takes, so that the two cannot
-- interleave. On a connection that Flyway opened with flyway.toml, which names the application, the lock is the
-- session's: it is held from the first file until Flyway disconnects. A connection of an application's pool
-- stays open, and would keep the lock; there the lock lasts one transaction, for each file.
DO $awa_infra$
DECLARE
    own_connection CONSTANT boolean := current_setting('application_name') = {application};
    deadline       CONSTANT timestamptz := clock_timestamp() + interval '1 second' * {lock_wait};
    -- Set by the first file of this session, and undone if its transaction is.
    held           CONSTANT boolean := coalesce(current_setting('awa_infra.held', true), '') = 'true';
    taken          boolean;
BEGIN
    LOOP
        IF own_connection THEN
            taken := pg_try_advisory_lock(4708303813013489490);
        ELSE
            taken := pg_try_advisory_xact_lock(4708303813013489490);
        END IF;
        EXIT WHEN taken;
{wait}
    END LOOP;
    IF own_connection THEN
        PERFORM set_config('awa_infra.held', 'true', false);
    END IF;
    -- Between the checks before the run and this lock another migration may have run.
    PERFORM set_config('awa_infra.fresh', (own_connection AND NOT held)::text, true);
    -- With -group=true the history shows nothing of this transaction, so only its first file can be compared with it.
    PERFORM set_config('awa_infra.files',
                       (coalesce(nullif(current_setting('awa_infra.files', true), ''), '0')::integer + 1)::text, true);
END
$awa_infra$;
