-- gate: removal-live-jobs
-- for: removal
-- unless: force
-- Jobs that are not finished. ready_entries keeps what has been claimed until its slot is pruned, and a running job
-- may be held by a receipt alone, so neither a plain count nor the view awa.jobs would do (Awa 0.6.9).
WITH receipt AS (
    SELECT c.claim_slot, c.job_id, c.run_lease, c.receipt_id
      FROM {schema_name}.lease_claims c
     WHERE c.closed_at IS NULL
    UNION ALL
    SELECT b.claim_slot, i.job_id, i.run_lease, i.receipt_id
      FROM {schema_name}.lease_claim_batches b
     CROSS JOIN LATERAL unnest(b.job_ids, b.run_leases, b.receipt_ids) AS i (job_id, run_lease, receipt_id)
), live (state, jobs) AS (
    SELECT 'available', count(*)
      FROM {schema_name}.ready_entries r
      LEFT JOIN {schema_name}.queue_claim_heads h USING (queue, priority, enqueue_shard)
     -- A lane without a head was never claimed from.
     WHERE (h.seq_name IS NULL OR r.lane_seq >= {schema_name}.sequence_next_value(h.seq_name))
       AND NOT EXISTS (SELECT FROM {schema_name}.ready_tombstones t
                        WHERE (t.ready_slot, t.ready_generation, t.queue, t.priority, t.enqueue_shard, t.lane_seq)
                            = (r.ready_slot, r.ready_generation, r.queue, r.priority, r.enqueue_shard, r.lane_seq))
    UNION ALL
    SELECT 'running or waiting', (SELECT count(*) FROM {schema_name}.leases) + count(*)
      FROM receipt c
     WHERE NOT EXISTS (SELECT FROM {schema_name}.lease_claim_closures x
                        WHERE (x.claim_slot, x.job_id, x.run_lease) = (c.claim_slot, c.job_id, c.run_lease))
       AND NOT EXISTS (SELECT FROM {schema_name}.lease_claim_closure_batches x
                        WHERE x.claim_slot = c.claim_slot
                          AND (x.receipt_ranges @> c.receipt_id OR c.receipt_id = ANY (x.receipt_ids)))
       AND NOT EXISTS (SELECT FROM {schema_name}.leases x WHERE (x.job_id, x.run_lease) = (c.job_id, c.run_lease))
       AND NOT EXISTS (SELECT FROM {schema_name}.done_entries x WHERE (x.job_id, x.run_lease) = (c.job_id, c.run_lease))
       AND NOT EXISTS (SELECT FROM {schema_name}.deferred_jobs x
                        WHERE (x.job_id, x.run_lease) = (c.job_id, c.run_lease))
       AND NOT EXISTS (SELECT FROM {schema_name}.dlq_entries x WHERE (x.job_id, x.run_lease) = (c.job_id, c.run_lease))
    UNION ALL
    SELECT 'scheduled or to be retried', count(*) FROM {schema_name}.deferred_jobs
    UNION ALL
    SELECT 'dead letters', count(*) FROM {schema_name}.dlq_entries
    UNION ALL
    SELECT 'failed', count(*) FROM {schema_name}.done_entries WHERE state = 'failed'
)
SELECT 'removal-live-jobs' AS code,
       format('Queue-storage schema %I holds jobs: %s.', {schema}, string_agg(format('%s %s', jobs, state), ', '))
         AS message,
       'Let them finish, or move them; to lose them, say so: force_drop (forceDrop in the stack configuration).' AS hint
  FROM live
 WHERE jobs > 0
HAVING count(*) > 0
