-- gate: removal-foreign-objects
-- for: removal
-- What Awa did not make must not go with it: objects in the schema, and what outside depends on them.
WITH known (name) AS (
    SELECT unnest(ARRAY['attempt_state', 'claim_ring_slots', 'claim_ring_state', 'deferred_jobs', 'dlq_entries',
                        'lease_ring_slots', 'lease_ring_state', 'queue_claim_heads', 'queue_claimer_leases',
                        'queue_claimer_state', 'queue_enqueue_heads', 'queue_lanes', 'queue_ring_slots',
                        'queue_ring_state', 'queue_terminal_live_counts', 'queue_terminal_rollups', 'ready_entries',
                        'ready_tombstones', 'ready_claim_attempt_batches', 'ready_segments',
                        'receipt_completion_batches', 'receipt_completion_tombstones', 'done_entries',
                        'queue_terminal_count_deltas', 'lease_claims', 'lease_claim_batches', 'lease_claim_closures',
                        'lease_claim_closure_batches', 'leases', 'terminal_jobs', 'job_id_seq',
                        'lease_claim_receipt_id_seq', 'lease_claim_batch_id_seq', 'lease_claim_closure_batch_id_seq',
                        'ready_claim_attempt_batch_id_seq', 'receipt_completion_batch_id_seq'])
), foreign_object AS (
    SELECT c.oid::regclass::text AS name
      FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = {schema} AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND NOT c.relispartition
       AND c.relname NOT IN (SELECT k.name FROM known k)
       AND c.relname !~ '^queue_(enqueue|claim)_seq_[0-9a-f]+$'
       -- Sequences of serial and identity columns go with their tables.
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                        WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND c.relkind = 'S'
                          AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.deptype IN ('a', 'i'))
    UNION ALL
    SELECT p.oid::regprocedure::text
      FROM pg_catalog.pg_proc p
      JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
     WHERE n.nspname = {schema}
       AND p.proname NOT IN ('queue_lane_sequence_name', 'sequence_next_value', 'set_sequence_next',
                             'ensure_lane_sequences', 'reserve_enqueue_seq', 'queue_enqueue_head_sequence_sync',
                             'queue_claim_head_sequence_sync', 'claim_ready_runtime')
    UNION ALL
    SELECT 'type ' || t.oid::regtype::text
      FROM pg_catalog.pg_type t
      JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
     WHERE n.nspname = {schema} AND t.typtype IN ('e', 'd', 'r')
    UNION ALL
    -- A view, function or constraint elsewhere that would be dropped along.
    SELECT DISTINCT pg_catalog.pg_describe_object(d.classid, d.objid, 0)
      FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = c.oid
      LEFT JOIN pg_catalog.pg_rewrite w ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND w.oid = d.objid
      LEFT JOIN pg_catalog.pg_class v ON v.oid = w.ev_class
      LEFT JOIN pg_catalog.pg_constraint k ON d.classid = 'pg_catalog.pg_constraint'::regclass AND k.oid = d.objid
      LEFT JOIN pg_catalog.pg_proc p ON d.classid = 'pg_catalog.pg_proc'::regclass AND p.oid = d.objid
     WHERE n.nspname = {schema} AND d.deptype = 'n'
       AND coalesce(v.relnamespace, k.connamespace, p.pronamespace) <> n.oid
)
SELECT 'removal-foreign-objects' AS code,
       format('Schema %I holds or carries what Awa did not make: %s%s.', {schema},
              string_agg(f.name, ', ' ORDER BY f.name) FILTER (WHERE f.place <= 10),
              CASE WHEN count(*) > 10 THEN format(' and %s more', count(*) - 10) ELSE '' END) AS message,
       'Move or drop those yourself, then remove the schema again.' AS hint
  FROM (SELECT name, row_number() OVER (ORDER BY name) AS place FROM foreign_object) f
HAVING count(*) > 0
