-- Drop queue-storage schema {schema}, with all that Awa made in it. Every condition was checked in this transaction,
-- under locks on its tables. The unique keys that its jobs hold are freed: a key that stays would block later jobs
-- for ever. awa.job_unique_claims does not say which schema a job was in, and ids repeat from schema to schema, so
-- only jobs count that hold their key now: in a state that their mask names, or not yet at an end.
WITH ended AS MATERIALIZED (
    SELECT job_id, run_lease, state, unique_key, unique_states, queue, priority, enqueue_shard, lane_seq
      FROM {schema_name}.terminal_jobs
    UNION ALL
    SELECT job_id, run_lease, state, unique_key, unique_states, NULL, NULL, NULL, NULL FROM {schema_name}.deferred_jobs
    UNION ALL
    SELECT job_id, run_lease, state, unique_key, unique_states, NULL, NULL, NULL, NULL FROM {schema_name}.dlq_entries
), holder AS (
    SELECT e.unique_key, e.job_id
      FROM ended e
     WHERE e.unique_key IS NOT NULL AND awa.job_state_in_bitmask(e.unique_states::bit(8), e.state)
    UNION
    SELECT r.unique_key, r.job_id
      FROM {schema_name}.ready_entries r
     WHERE r.unique_key IS NOT NULL
       AND NOT EXISTS (SELECT FROM ended e
                        WHERE e.job_id = r.job_id
                          AND (e.run_lease > r.run_lease
                               OR (e.queue, e.priority, e.enqueue_shard, e.lane_seq)
                                = (r.queue, r.priority, r.enqueue_shard, r.lane_seq)))
)
DELETE FROM awa.job_unique_claims c
 USING holder h
 WHERE (c.unique_key, c.job_id) = (h.unique_key, h.job_id);
-- A guard of the schema lets this pass.
SELECT set_config('awa_infra.allow_drop', {schema}, true);
DROP SCHEMA {schema_name} CASCADE
