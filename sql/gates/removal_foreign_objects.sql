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
), inside AS (
    SELECT 'pg_catalog.pg_class'::regclass::oid AS classid, c.oid, n.oid AS namespace
      FROM pg_catalog.pg_namespace n
      JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid
     WHERE n.nspname = {schema}
    UNION ALL
    SELECT 'pg_catalog.pg_type'::regclass::oid, t.oid, n.oid
      FROM pg_catalog.pg_namespace n
      JOIN pg_catalog.pg_type t ON t.typnamespace = n.oid
     WHERE n.nspname = {schema}
    UNION ALL
    SELECT 'pg_catalog.pg_proc'::regclass::oid, p.oid, n.oid
      FROM pg_catalog.pg_namespace n
      JOIN pg_catalog.pg_proc p ON p.pronamespace = n.oid
     WHERE n.nspname = {schema}
), foreign_object AS (
    SELECT c.oid::regclass::text AS name
      FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = {schema} AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c') AND NOT c.relispartition
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
    SELECT 'extension ' || quote_ident(e.extname)
      FROM pg_catalog.pg_extension e
      JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
     WHERE n.nspname = {schema}
    UNION ALL
    -- Whatever elsewhere would be dropped along: views, functions, constraints, defaults, children, columns of its types.
    SELECT DISTINCT pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid)
      FROM inside i
      JOIN pg_catalog.pg_depend d ON d.refclassid = i.classid AND d.refobjid = i.oid
      LEFT JOIN pg_catalog.pg_rewrite w ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND w.oid = d.objid
      LEFT JOIN pg_catalog.pg_attrdef a ON d.classid = 'pg_catalog.pg_attrdef'::regclass AND a.oid = d.objid
      LEFT JOIN pg_catalog.pg_trigger g ON d.classid = 'pg_catalog.pg_trigger'::regclass AND g.oid = d.objid
      LEFT JOIN pg_catalog.pg_class c
             ON c.oid = coalesce(w.ev_class, a.adrelid, g.tgrelid,
                                 CASE WHEN d.classid = 'pg_catalog.pg_class'::regclass THEN d.objid END)
      LEFT JOIN pg_catalog.pg_constraint k ON d.classid = 'pg_catalog.pg_constraint'::regclass AND k.oid = d.objid
      LEFT JOIN pg_catalog.pg_proc p ON d.classid = 'pg_catalog.pg_proc'::regclass AND p.oid = d.objid
      LEFT JOIN pg_catalog.pg_type t ON d.classid = 'pg_catalog.pg_type'::regclass AND t.oid = d.objid
     -- Partitions and inheritance children depend automatically or normally; what is inside the schema goes anyway.
     WHERE d.deptype IN ('n', 'a')
       AND coalesce(c.relnamespace, k.connamespace, p.pronamespace, t.typnamespace) <> i.namespace
)
SELECT 'removal-foreign-objects' AS code,
       format('Schema %I holds or carries what Awa did not make: %s%s.', {schema},
              string_agg(f.name, ', ' ORDER BY f.name) FILTER (WHERE f.place <= 10),
              CASE WHEN count(*) > 10 THEN format(' and %s more', count(*) - 10) ELSE '' END) AS message,
       'Move or drop those yourself, then remove the schema again.' AS hint
  FROM (SELECT name, row_number() OVER (ORDER BY name) AS place FROM foreign_object) f
HAVING count(*) > 0
