-- Reverting this would drop jobs, or leave a history that does not match the database.
DO $awa_infra$
BEGIN
    RAISE EXCEPTION 'Awa has no migrations that go back.'
        USING ERRCODE = 'feature_not_supported', HINT = 'Nothing was changed. Restore a backup.';
END
$awa_infra$;
