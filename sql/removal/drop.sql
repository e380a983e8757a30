-- Drop queue-storage schema {schema}, with all that Awa made in it. Every condition was checked in this transaction,
-- under locks on its tables. The unique keys of its jobs are freed: awa.job_unique_claims does not say which schema a
-- job was in, and a key that stays would block later jobs for ever.
DELETE FROM awa.job_unique_claims c
 USING (SELECT unique_key, job_id FROM {schema_name}.ready_entries WHERE unique_key IS NOT NULL
        UNION SELECT unique_key, job_id FROM {schema_name}.deferred_jobs WHERE unique_key IS NOT NULL
        UNION SELECT unique_key, job_id FROM {schema_name}.done_entries WHERE unique_key IS NOT NULL
        UNION SELECT unique_key, job_id FROM {schema_name}.dlq_entries WHERE unique_key IS NOT NULL) j
 WHERE (c.unique_key, c.job_id) = (j.unique_key, j.job_id);
DROP SCHEMA {schema_name} CASCADE
