-- migrate:up
[all of shared/both/awa_infra/lock.sql]

-- What comes now is run as it was published:
[all of shared/full/custom/R__awa_10_queue_storage_slow_queue.sql]


-- migrate:down
-- Taking this back would drop jobs, or leave a history that does not know what is there.
DO $awa_infra$
BEGIN
    RAISE EXCEPTION 'Awa has no migrations that go back.'
        USING ERRCODE = 'feature_not_supported', HINT = 'Nothing was changed. Restore a backup.';
END
$awa_infra$;
