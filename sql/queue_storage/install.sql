-- Queue-storage schema {schema}: {queue_slots} queue, {lease_slots} lease and {claim_slots} claim slots,
-- receipts {receipts}. Idempotent; checks its result and raises if anything differs. Activates nothing:
-- where Awa routes its jobs is decided by awa.storage_transition_state, which is not touched.
DO $awa_infra$
DECLARE
    wanted    CONSTANT text := {wanted};
    recorded  text;
    missing   text;
    uncounted boolean := false;
BEGIN
    -- Awa records the slot counts at the first installation and silently ignores other ones later.
    IF EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                WHERE n.nspname = {schema} AND c.relname = 'queue_ring_state') THEN
        SELECT format('%s/%s/%s %s', q.slot_count, l.slot_count, c.slot_count,
                      (SELECT bool_or(p.prosrc ~* 'insert into [^ ]*lease_claim')
                         FROM pg_catalog.pg_proc p
                         JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
                        WHERE n.nspname = {schema} AND p.proname = 'claim_ready_runtime'))
          INTO recorded
          FROM {schema_name}.queue_ring_state q
         CROSS JOIN {schema_name}.lease_ring_state l
         CROSS JOIN {schema_name}.claim_ring_state c;
        IF recorded IS DISTINCT FROM wanted THEN
            RAISE EXCEPTION 'Queue-storage schema % exists with shape %, but % is declared.', {schema}, recorded, wanted
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
                       {expected_tables} AS expected
                  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                 WHERE n.nspname = {schema} AND c.relkind = 'r'
                   AND CASE WHEN c.relispartition
                            THEN rtrim(c.relname, '0123456789') = ANY ({own_partitioned}::text[])
                            ELSE c.relname = ANY ({own_tables}::name[]) END
                UNION ALL
                -- By name, without the number of a slot. An index of a partition is known by that of the whole table.
                SELECT 'indexes', count(*), {expected_indexes}
                  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                  LEFT JOIN pg_catalog.pg_inherits h ON h.inhrelid = c.oid
                  LEFT JOIN pg_catalog.pg_class whole ON whole.oid = h.inhparent
                 CROSS JOIN LATERAL (
                        SELECT coalesce(whole.relname, c.relname)::text AS name) AS long
                 CROSS JOIN LATERAL (
                        SELECT translate(replace(long.name, 'idx_' || {schema} || '_', 'idx_'), '0123456789', '') AS name) AS short
                 WHERE n.nspname = {schema} AND c.relkind = 'i'
                   -- PostgreSQL cuts a name after 63 bytes.
                   AND EXISTS (SELECT FROM unnest({own_indexes}::text[]) AS own (name)
                                WHERE own.name = short.name
                                   OR (octet_length(long.name) = 63 AND own.name ^@ short.name))
                UNION ALL
                SELECT 'partitions with a fill factor', count(*), {lease_slots} + {claim_slots}
                  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                 WHERE n.nspname = {schema} AND c.relkind = 'r' AND c.reloptions::text ~ 'fillfactor='
                   AND c.relname ~ '^(leases|lease_claims)_[0-9]+$'
                UNION ALL
                SELECT 'functions', count(*), {expected_functions}
                  FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
                 WHERE n.nspname = {schema}
                   AND format('%s(%s)', p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid))
                       = ANY ({own_functions}::text[])
                UNION ALL
                SELECT 'triggers', count(*), {expected_triggers}
                  FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
                  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                 WHERE n.nspname = {schema} AND NOT t.tgisinternal AND t.tgenabled = 'O'
                   AND t.tgname = ANY ({own_triggers}::name[])) x
         WHERE x.found < x.expected;
        -- A complete schema is left alone: the installer would lock its tables and scan its jobs.
        EXIT WHEN missing IS NULL;
        IF attempt = 2 THEN
            RAISE EXCEPTION 'Queue-storage schema % is incomplete after its installation: %.', {schema}, missing
                USING ERRCODE = '55000',
                      HINT = 'Nothing was kept. Compare the release of Awa with the ones awa-infra knows, and report it.';
        END IF;

        -- Where it finds no counters of ended jobs, the installer counts them, and those whose deltas are not folded in
        -- yet would then count twice.
        IF to_regclass(format('%I.queue_terminal_live_counts', {schema})) IS NOT NULL THEN
            LOCK TABLE {schema_name}.queue_terminal_live_counts IN ACCESS EXCLUSIVE MODE;
            uncounted := NOT EXISTS (SELECT FROM {schema_name}.queue_terminal_live_counts);
        END IF;

        -- The installer alone leaves partitions without their storage parameters; the second call sets them.
        PERFORM awa.install_queue_storage_substrate({schema}, {queue_slots}, {lease_slots}, {claim_slots}, {receipts});
        PERFORM awa.apply_receipt_plane_fillfactor({schema});
        IF uncounted THEN
            DELETE FROM {schema_name}.queue_terminal_live_counts;
        END IF;
    END LOOP;
END
$awa_infra$
