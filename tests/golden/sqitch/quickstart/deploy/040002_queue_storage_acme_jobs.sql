-- Change 040002_queue_storage_acme_jobs.
-- One transaction, under Awa's migration lock, after the conditions were checked.
BEGIN;
\ir ../awa_infra/lock.sql
\ir ../awa_infra/preflight.sql
\ir ../awa_infra/stop.sql

-- What comes now is run as it was published:
-- Queue-storage schema 'acme_jobs': 16 queue, 8 lease and 8 claim slots,
-- receipts true. Idempotent; checks its result and raises if anything differs. Activates nothing:
-- where Awa routes its jobs is decided by awa.storage_transition_state, which is not touched.
DO $awa_infra$
DECLARE
    wanted    CONSTANT text := '16/8/8 t';
    recorded  text;
    missing   text;
    uncounted boolean := false;
BEGIN
    -- Awa records the slot counts at the first installation and silently ignores other ones later.
    IF EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                WHERE n.nspname = 'acme_jobs' AND c.relname = 'queue_ring_state') THEN
        SELECT format('%s/%s/%s %s', q.slot_count, l.slot_count, c.slot_count,
                      (SELECT bool_or(p.prosrc ~* 'insert into [^ ]*lease_claim')
                         FROM pg_catalog.pg_proc p
                         JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
                        WHERE n.nspname = 'acme_jobs' AND p.proname = 'claim_ready_runtime'))
          INTO recorded
          FROM "acme_jobs".queue_ring_state q
         CROSS JOIN "acme_jobs".lease_ring_state l
         CROSS JOIN "acme_jobs".claim_ring_state c;
        IF recorded IS DISTINCT FROM wanted THEN
            RAISE EXCEPTION 'Queue-storage schema % exists with shape %, but % is declared.', 'acme_jobs', recorded, wanted
                USING ERRCODE = '22023',
                      HINT = 'Slot counts and receipts cannot be changed: ask for the recorded ones, or declare a new schema beside it.';
        END IF;
    END IF;

    FOR attempt IN 1..2 LOOP
        -- What must be there: 16 + 8Q + L + 4C tables, 21 + 20Q + 7L + 16C plain indexes, L + C partitions with a
        -- fill factor, 8 functions, 2 triggers (Awa 0.6.8 and 0.6.9). Only names that Awa makes count: what others
        -- added to the schema replaces nothing. Fewer indexes can mean that PostgreSQL cut their names to 63 characters.
        SELECT string_agg(format('%s %s instead of %s', x.found, x.what, x.expected), ', ')
          INTO missing
          FROM (SELECT 'tables' AS what, count(*) AS found,
                       16 + 8 * 16 + 8 + 4 * 8 AS expected
                  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                 WHERE n.nspname = 'acme_jobs' AND c.relkind = 'r'
                   AND CASE WHEN c.relispartition
                            THEN rtrim(c.relname, '0123456789') = ANY ('{done_entries_, lease_claim_batches_, lease_claim_closure_batches_, lease_claim_closures_,
lease_claims_, leases_, queue_terminal_count_deltas_, ready_claim_attempt_batches_, ready_entries_,
ready_segments_, ready_tombstones_, receipt_completion_batches_, receipt_completion_tombstones_}'::text[])
                            ELSE c.relname = ANY ('{attempt_state, claim_ring_slots, claim_ring_state, deferred_jobs, dlq_entries, lease_ring_slots,
lease_ring_state, queue_claim_heads, queue_claimer_leases, queue_claimer_state, queue_enqueue_heads,
queue_lanes, queue_ring_slots, queue_ring_state, queue_terminal_live_counts, queue_terminal_rollups}'::name[]) END
                UNION ALL
                -- By name, without the number of a slot. An index of a partition is known by that of the whole table.
                SELECT 'indexes', count(*), 21 + 20 * 16 + 7 * 8 + 16 * 8
                  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                  LEFT JOIN pg_catalog.pg_inherits h ON h.inhrelid = c.oid
                  LEFT JOIN pg_catalog.pg_class whole ON whole.oid = h.inhparent
                 CROSS JOIN LATERAL (
                        SELECT coalesce(whole.relname, c.relname)::text AS name) AS long
                 CROSS JOIN LATERAL (
                        SELECT translate(replace(long.name, 'idx_' || 'acme_jobs' || '_', 'idx_'), '0123456789', '') AS name) AS short
                 WHERE n.nspname = 'acme_jobs' AND c.relkind = 'i'
                   -- PostgreSQL cuts a name after 63 bytes.
                   AND EXISTS (SELECT FROM unnest('{attempt_state_pkey, claim_ring_slots_pkey, claim_ring_state_pkey, deferred_jobs_pkey,
dlq_entries_pkey, done_entries_pkey, idx_deferred_due, idx_deferred_job_unique, idx_dlq_queue_time,
idx_done__failed_queue, idx_done__job, idx_done__lane_shard, idx_lease_claim_batches__ready_ref,
idx_lease_claim_batches__receipt_ranges, idx_lease_claim_batches__rescue_cursor,
idx_lease_claim_closure_batches__ready_ref, idx_lease_claim_closure_batches__receipt_ranges,
idx_lease_claim_closures_job_run, idx_lease_claims_deadline_brin, idx_lease_claims_deadline_cursor,
idx_lease_claims_job_run, idx_lease_claims_ready_ref, idx_lease_claims_rescue_cursor,
idx_lease_claims_stale, idx_leases__callback, idx_leases__job, idx_leases__lane_shard,
idx_leases__ready_ref, idx_leases__state_callback_timeout, idx_leases__state_deadline,
idx_queue_claimer_leases_owner, idx_queue_terminal_live_counts_queue, idx_ready__job,
idx_ready__lane_shard, idx_ready_claim_attempt_batches__claim_slot,
idx_ready_claim_attempt_batches__lane, idx_ready_segments_lane_next, idx_ready_segments_slot,
idx_ready_tombstones__job, idx_ready_tombstones__lane_shard, idx_receipt_completion_batches__lane,
idx_receipt_completion_tombstones__job, lease_claim_batches_pkey, lease_claim_closure_batches_pkey,
lease_claim_closures_pkey, lease_claims_pkey, lease_ring_slots_pkey, lease_ring_state_pkey,
leases_pkey, queue_claim_heads_pkey, queue_claimer_leases_pkey, queue_claimer_state_pkey,
queue_enqueue_heads_pkey, queue_lanes_pkey, queue_ring_slots_pkey, queue_ring_state_pkey,
queue_terminal_live_counts_pkey, queue_terminal_rollups_pkey, ready_claim_attempt_batches_pkey,
ready_entries_pkey, ready_segments_pkey, ready_tombstones_pkey, receipt_completion_batches_pkey,
receipt_completion_tombstones_pkey}'::text[]) AS own (name)
                                WHERE own.name = short.name
                                   OR (octet_length(long.name) = 63 AND own.name ^@ short.name))
                UNION ALL
                SELECT 'partitions with a fill factor', count(*), 8 + 8
                  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                 WHERE n.nspname = 'acme_jobs' AND c.relkind = 'r' AND c.reloptions::text ~ 'fillfactor='
                   AND c.relname ~ '^(leases|lease_claims)_[0-9]+$'
                UNION ALL
                SELECT 'functions', count(*), 8
                  FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
                 WHERE n.nspname = 'acme_jobs'
                   AND format('%s(%s)', p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid))
                       = ANY ('{"claim_ready_runtime(p_queue text, p_max_batch bigint, p_deadline_secs double precision, p_aging_secs double precision)",
"ensure_lane_sequences(p_queue text, p_priority smallint, p_enqueue_shard smallint)",
"queue_claim_head_sequence_sync()", "queue_enqueue_head_sequence_sync()",
"queue_lane_sequence_name(p_prefix text, p_queue text, p_priority smallint, p_enqueue_shard smallint)",
"reserve_enqueue_seq(p_queue text, p_priority smallint, p_enqueue_shard smallint, p_count bigint)",
"sequence_next_value(p_seq_name text)", "set_sequence_next(p_seq_name text, p_next bigint)"}'::text[])
                UNION ALL
                SELECT 'triggers', count(*), 2
                  FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
                  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                 WHERE n.nspname = 'acme_jobs' AND NOT t.tgisinternal AND t.tgenabled = 'O'
                   AND t.tgname = ANY ('{queue_claim_heads_sequence_sync, queue_enqueue_heads_sequence_sync}'::name[])) x
         WHERE x.found < x.expected;
        -- A complete schema is left alone: the installer would lock its tables and scan its jobs.
        EXIT WHEN missing IS NULL;
        IF attempt = 2 THEN
            RAISE EXCEPTION 'Queue-storage schema % is incomplete after its installation: %.', 'acme_jobs', missing
                USING ERRCODE = '55000',
                      HINT = 'Nothing was kept. Compare the release of Awa with the ones awa-infra knows, and report it.';
        END IF;

        -- Where it finds no counters of ended jobs, the installer counts them, and those whose deltas are not folded in
        -- yet would then count twice.
        IF to_regclass(format('%I.queue_terminal_live_counts', 'acme_jobs')) IS NOT NULL THEN
            LOCK TABLE "acme_jobs".queue_terminal_live_counts IN ACCESS EXCLUSIVE MODE;
            uncounted := NOT EXISTS (SELECT FROM "acme_jobs".queue_terminal_live_counts);
        END IF;

        -- The installer alone leaves partitions without their storage parameters; the second call sets them.
        PERFORM awa.install_queue_storage_substrate('acme_jobs', 16, 8, 8, true);
        PERFORM awa.apply_receipt_plane_fillfactor('acme_jobs');
        IF uncounted THEN
            DELETE FROM "acme_jobs".queue_terminal_live_counts;
        END IF;
    END LOOP;
END
$awa_infra$

;
COMMIT;
