-- No job may be added or claimed in schema {schema} between the count of its jobs and the drop, and no worker that
-- starts may prepare the schema again: the first lock is the one of Awa's installer (0.6.9).
SELECT pg_advisory_xact_lock(hashtextextended('awa.queue_storage.install:' || {schema}, 0));
LOCK TABLE {schema_name}.ready_entries, {schema_name}.deferred_jobs, {schema_name}.leases, {schema_name}.lease_claims,
           {schema_name}.lease_claim_batches, {schema_name}.dlq_entries, {schema_name}.done_entries
    IN ACCESS EXCLUSIVE MODE
