-- Queue-storage schema 'shop_queue': 16 queue, 8 lease and 8 claim slots,
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
                WHERE n.nspname = 'shop_queue' AND c.relname = 'queue_ring_state') THEN
        SELECT format('%s/%s/%s %s', q.slot_count, l.slot_count, c.slot_count,
                      (SELECT bool_or(p.prosrc ~* 'insert into [^ ]*lease_claim')
                         FROM pg_catalog.pg_proc p
                         JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
                        WHERE n.nspname = 'shop_queue' AND p.proname = 'claim_ready_runtime'))
          INTO recorded
          FROM "shop_queue".queue_ring_state q
         CROSS JOIN "shop_queue".lease_ring_state l
         CROSS JOIN "shop_queue".claim_ring_state c;
        IF recorded IS DISTINCT FROM wanted THEN
            RAISE EXCEPTION 'Queue-storage schema % exists with shape %, but % is declared.', 'shop_queue', recorded, wanted
                USING ERRCODE = '22023',
                      HINT = 'Slot counts and receipts cannot be changed: ask for the recorded ones, or declare a new schema beside it.';
        END IF;
    END IF;

    FOR attempt IN 1..2 LOOP
        -- What must be there: 16 + 8Q + L + 4C tables, 21 + 20Q + 7L + 16C plain indexes, L + C partitions with a
        -- fill factor, 8 functions, 2 triggers (Awa 0.6.8 and 0.6.9). Fewer indexes would mean that PostgreSQL cut
        -- their names to 63 characters.
        SELECT string_agg(format('%s %s instead of %s', x.found, x.what, x.expected), ', ')
          INTO missing
          FROM (SELECT 'tables' AS what, count(*) AS found,
                       16 + 8 * 16 + 8 + 4 * 8 AS expected
                  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                 WHERE n.nspname = 'shop_queue' AND c.relkind = 'r'
                UNION ALL
                SELECT 'indexes', count(*), 21 + 20 * 16 + 7 * 8 + 16 * 8
                  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                 WHERE n.nspname = 'shop_queue' AND c.relkind = 'i'
                UNION ALL
                SELECT 'partitions with a fill factor', count(*), 8 + 8
                  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                 WHERE n.nspname = 'shop_queue' AND c.relkind = 'r' AND c.reloptions::text ~ 'fillfactor='
                   AND c.relname ~ '^(leases|lease_claims)_[0-9]+$'
                UNION ALL
                SELECT 'functions', count(*), 8
                  FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
                 WHERE n.nspname = 'shop_queue'
                UNION ALL
                SELECT 'triggers', count(*), 2
                  FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
                  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                 WHERE n.nspname = 'shop_queue' AND NOT t.tgisinternal AND t.tgenabled = 'O') x
         WHERE x.found < x.expected;
        -- A complete schema is left alone: the installer would lock its tables and scan its jobs.
        EXIT WHEN missing IS NULL;
        IF attempt = 2 THEN
            RAISE EXCEPTION 'Queue-storage schema % is incomplete after its installation: %.', 'shop_queue', missing
                USING ERRCODE = '55000',
                      HINT = 'Nothing was kept. Compare the release of Awa with the ones awa-infra knows, and report it.';
        END IF;

        -- Where it finds no counters of ended jobs, the installer counts them, and those whose deltas are not folded in
        -- yet would then count twice.
        IF to_regclass(format('%I.queue_terminal_live_counts', 'shop_queue')) IS NOT NULL THEN
            LOCK TABLE "shop_queue".queue_terminal_live_counts IN ACCESS EXCLUSIVE MODE;
            uncounted := NOT EXISTS (SELECT FROM "shop_queue".queue_terminal_live_counts);
        END IF;

        -- The installer alone leaves partitions without their storage parameters; the second call sets them.
        PERFORM awa.install_queue_storage_substrate('shop_queue', 16, 8, 8, true);
        PERFORM awa.apply_receipt_plane_fillfactor('shop_queue');
        IF uncounted THEN
            DELETE FROM "shop_queue".queue_terminal_live_counts;
        END IF;
    END LOOP;
END
$awa_infra$
