-- Changes schema awa, and makes the queue-storage schemas and lanes of this bundle.
-- Never touches other schemas, drops nothing, and does not change which storage is active.
-- Brings a database to Awa 0.6.9, schema version 40: what is already there is skipped, so this can be run
-- again, and takes over what `awa migrate` left. In one transaction: if anything fails, nothing was done.
--
--     psql -X -v ON_ERROR_STOP=1 -h HOST -U ROLE -d DATABASE -f apply.sql
--
-- With -v dry_run=1 it does everything, reports the result, and rolls it back. With -v each=1 it commits every
-- migration by itself: locks are short, and after a failure what was committed before stays.
-- \ir reads a file beside this one; every other line that starts with a backslash is psql's, too.
\set ON_ERROR_STOP on
-- To see every statement as it runs, start psql with --echo-all.
\set QUIET on
\pset pager off
-- What Awa's functions return is not shown.
\pset tuples_only on
\pset format unaligned
\if :{?dry_run}
    \set awa_each off
\elif :{?each}
    \set awa_each on
\else
    \set awa_each off
\endif

-- A transaction that writes, whatever the default of the role or the database is; on a standby a condition says so.
SHOW in_hot_standby \gset awa_
\if :awa_in_hot_standby
    BEGIN;
\else
    BEGIN READ WRITE;
\endif
\ir awa_infra/lock.sql
\ir awa_infra/preflight.sql
\ir awa_infra/stop.sql
\ir awa_infra/act_as_owner.sql
\if :awa_each
    \ir awa_infra/lock_session.sql
\endif

-- The version that the schema is at; 0 is an empty database.
SELECT to_regclass('awa.schema_version') IS NOT NULL AS awa_has_history \gset
\if :awa_has_history
    SELECT coalesce(max(version), 0) AS awa_version FROM awa.schema_version \gset
\else
    \set awa_version 0
\endif

-- What is to be run: everything above that version.
SELECT :awa_version < 40 AS awa_any,
       :awa_version < 1 AS awa_v001,
       :awa_version < 2 AS awa_v002,
       :awa_version < 3 AS awa_v003,
       :awa_version < 4 AS awa_v004,
       :awa_version < 5 AS awa_v005,
       :awa_version < 6 AS awa_v006,
       :awa_version < 7 AS awa_v007,
       :awa_version < 9 AS awa_v009,
       :awa_version < 10 AS awa_v010,
       :awa_version < 11 AS awa_v011,
       :awa_version < 12 AS awa_v012,
       :awa_version < 13 AS awa_v013,
       :awa_version < 14 AS awa_v014,
       :awa_version < 15 AS awa_v015,
       :awa_version < 16 AS awa_v016,
       :awa_version < 17 AS awa_v017,
       :awa_version < 18 AS awa_v018,
       :awa_version < 19 AS awa_v019,
       :awa_version < 20 AS awa_v020,
       :awa_version < 21 AS awa_v021,
       :awa_version < 22 AS awa_v022,
       :awa_version < 23 AS awa_v023,
       :awa_version < 24 AS awa_v024,
       :awa_version < 25 AS awa_v025,
       :awa_version < 26 AS awa_v026,
       :awa_version < 27 AS awa_v027,
       :awa_version < 28 AS awa_v028,
       :awa_version < 29 AS awa_v029,
       :awa_version < 30 AS awa_v030,
       :awa_version < 31 AS awa_v031,
       :awa_version < 32 AS awa_v032,
       :awa_version < 33 AS awa_v033,
       :awa_version < 34 AS awa_v034,
       :awa_version < 35 AS awa_v035,
       :awa_version < 36 AS awa_v036,
       :awa_version < 37 AS awa_v037,
       :awa_version < 38 AS awa_v038,
       :awa_version < 39 AS awa_v039,
       :awa_version < 40 AS awa_v040
\gset

\if :awa_v001
    \echo 'V1 Canonical schema with UI indexes'
    \ir upstream/V001.sql
    \if :awa_each
        COMMIT;
        BEGIN READ WRITE;
        \ir awa_infra/lock.sql
        \ir awa_infra/act_as_owner.sql
    \endif
\endif

\if :awa_v002
    \echo 'V2 Runtime observability snapshots'
    \ir upstream/V002.sql
    \if :awa_each
        COMMIT;
        BEGIN READ WRITE;
        \ir awa_infra/lock.sql
        \ir awa_infra/act_as_owner.sql
    \endif
\endif

\if :awa_v003
    \echo 'V3 Maintenance loop health in runtime snapshots'
    \ir upstream/V003.sql
    \if :awa_each
        COMMIT;
        BEGIN READ WRITE;
        \ir awa_infra/lock.sql
        \ir awa_infra/act_as_owner.sql
    \endif
\endif

\if :awa_v004
    \echo 'V4 Admin metadata cache tables'
    \ir upstream/V004.sql
    \if :awa_each
        COMMIT;
        BEGIN READ WRITE;
        \ir awa_infra/lock.sql
        \ir awa_infra/act_as_owner.sql
    \endif
\endif

\if :awa_v005
    \echo 'V5 Statement-level admin metadata triggers'
    \ir upstream/V005.sql
    \if :awa_each
        COMMIT;
        BEGIN READ WRITE;
        \ir awa_infra/lock.sql
        \ir awa_infra/act_as_owner.sql
    \endif
\endif

\if :awa_v006
    \echo 'V6 Dirty-key statement triggers for deadlock-free admin metadata'
    \ir upstream/V006.sql
    \if :awa_each
        COMMIT;
        BEGIN READ WRITE;
        \ir awa_infra/lock.sql
        \ir awa_infra/act_as_owner.sql
    \endif
\endif

\if :awa_v007
    \echo 'V7 Backoff interval creation avoids scientific-notation parse failures'
    \ir upstream/V007.sql
    \if :awa_each
        COMMIT;
        BEGIN READ WRITE;
        \ir awa_infra/lock.sql
        \ir awa_infra/act_as_owner.sql
    \endif
\endif

\if :awa_v009
    \echo 'V9 Queue and job-kind descriptor catalogs'
    \ir upstream/V009.sql
    \if :awa_each
        COMMIT;
        BEGIN READ WRITE;
        \ir awa_infra/lock.sql
        \ir awa_infra/act_as_owner.sql
    \endif
\endif

\if :awa_v010
    \echo 'V10 Storage transition metadata and canonical compat routing'
    \ir upstream/V010.sql
    \if :awa_each
        COMMIT;
        BEGIN READ WRITE;
        \ir awa_infra/lock.sql
        \ir awa_infra/act_as_owner.sql
    \endif
\endif

\if :awa_v011
    \echo 'V11 Storage transition self-heal: NULL-safe engine resolution and singleton re-seed'
    \ir upstream/V011.sql
    \if :awa_each
        COMMIT;
        BEGIN READ WRITE;
        \ir awa_infra/lock.sql
        \ir awa_infra/act_as_owner.sql
    \endif
\endif

\if :awa_v012
    \echo 'V12 Queue storage compatibility layer and active backend selection'
    \ir upstream/V012.sql
    \if :awa_each
        COMMIT;
        BEGIN READ WRITE;
        \ir awa_infra/lock.sql
        \ir awa_infra/act_as_owner.sql
    \endif
\endif

\if :awa_v013
    \echo 'V13 Storage auto-finalize and queue-storage count maintenance'
    \ir upstream/V013.sql
    \if :awa_each
        COMMIT;
        BEGIN READ WRITE;
        \ir awa_infra/lock.sql
        \ir awa_infra/act_as_owner.sql
    \endif
\endif

\if :awa_v014
    \echo 'V14 Storage transition role tracking and tightened mixed-transition gate'
    \ir upstream/V014.sql
    \if :awa_each
        COMMIT;
        BEGIN READ WRITE;
        \ir awa_infra/lock.sql
        \ir awa_infra/act_as_owner.sql
    \endif
\endif

\if :awa_v015
    \echo 'V15 Cron missed-fire policy'
    \ir upstream/V015.sql
    \if :awa_each
        COMMIT;
        BEGIN READ WRITE;
        \ir awa_infra/lock.sql
        \ir awa_infra/act_as_owner.sql
    \endif
\endif

\if :awa_v016
    \echo 'V16 Drop redundant queue_lanes.available_count cache; reader derives from heads'
    \ir upstream/V016.sql
    \if :awa_each
        COMMIT;
        BEGIN READ WRITE;
        \ir awa_infra/lock.sql
        \ir awa_infra/act_as_owner.sql
    \endif
\endif

\if :awa_v017
    \echo 'V17 Shard queue_enqueue_heads/queue_claim_heads/ready_entries by enqueue_shard'
    \ir upstream/V017.sql
    \if :awa_each
        COMMIT;
        BEGIN READ WRITE;
        \ir awa_infra/lock.sql
        \ir awa_infra/act_as_owner.sql
    \endif
\endif

\if :awa_v018
    \echo 'V18 Thread ordering_key through insert_job_compat for queue-storage producers'
    \ir upstream/V018.sql
    \if :awa_each
        COMMIT;
        BEGIN READ WRITE;
        \ir awa_infra/lock.sql
        \ir awa_infra/act_as_owner.sql
    \endif
\endif

\if :awa_v019
    \echo 'V19 Make queue-storage jobs compatibility view shard-aware'
    \ir upstream/V019.sql
    \if :awa_each
        COMMIT;
        BEGIN READ WRITE;
        \ir awa_infra/lock.sql
        \ir awa_infra/act_as_owner.sql
    \endif
\endif

\if :awa_v020
    \echo 'V20 Derive active queue-storage schema from transition state'
    \ir upstream/V020.sql
    \if :awa_each
        COMMIT;
        BEGIN READ WRITE;
        \ir awa_infra/lock.sql
        \ir awa_infra/act_as_owner.sql
    \endif
\endif

\if :awa_v021
    \echo 'V21 Shard-aware lane indexes on ready_entries/done_entries/leases'
    \ir upstream/V021.sql
    \if :awa_each
        COMMIT;
        BEGIN READ WRITE;
        \ir awa_infra/lock.sql
        \ir awa_infra/act_as_owner.sql
    \endif
\endif

\if :awa_v022
    \echo 'V22 delete_job_compat decrements queue_terminal_live_counts for done_entries deletes'
    \ir upstream/V022.sql
    \if :awa_each
        COMMIT;
        BEGIN READ WRITE;
        \ir awa_infra/lock.sql
        \ir awa_infra/act_as_owner.sql
    \endif
\endif

\if :awa_v023
    \echo 'V23 Install default awa queue-storage substrate via SQL helper'
    \ir upstream/V023.sql
    \if :awa_each
        COMMIT;
        BEGIN READ WRITE;
        \ir awa_infra/lock.sql
        \ir awa_infra/act_as_owner.sql
    \endif
\endif

\if :awa_v024
    \echo 'V24 Lower fillfactor to 50 on leases and lease_claims partitions'
    \ir upstream/V024.sql
    \if :awa_each
        COMMIT;
        BEGIN READ WRITE;
        \ir awa_infra/lock.sql
        \ir awa_infra/act_as_owner.sql
    \endif
\endif

\if :awa_v025
    \echo 'V25 Drop idx_<schema>_leases_<slot>_state_hb on all AWA substrates'
    \ir upstream/V025.sql
    \if :awa_each
        COMMIT;
        BEGIN READ WRITE;
        \ir awa_infra/lock.sql
        \ir awa_infra/act_as_owner.sql
    \endif
\endif

\if :awa_v026
    \echo 'V26 Add paused_at + paused_by to cron_jobs for per-schedule pause'
    \ir upstream/V026.sql
    \if :awa_each
        COMMIT;
        BEGIN READ WRITE;
        \ir awa_infra/lock.sql
        \ir awa_infra/act_as_owner.sql
    \endif
\endif

\if :awa_v027
    \echo 'V27 Move lane cursors to sequences and stripe terminal counters'
    \ir upstream/V027.sql
    \if :awa_each
        COMMIT;
        BEGIN READ WRITE;
        \ir awa_infra/lock.sql
        \ir awa_infra/act_as_owner.sql
    \endif
\endif

\if :awa_v028
    \echo 'V28 Add ready_tombstones ledger and compatibility filters (#295)'
    \ir upstream/V028.sql
    \if :awa_each
        COMMIT;
        BEGIN READ WRITE;
        \ir awa_infra/lock.sql
        \ir awa_infra/act_as_owner.sql
    \endif
\endif

\if :awa_v029
    \echo 'V29 Add durable batch operations control table'
    \ir upstream/V029.sql
    \if :awa_each
        COMMIT;
        BEGIN READ WRITE;
        \ir awa_infra/lock.sql
        \ir awa_infra/act_as_owner.sql
    \endif
\endif

\if :awa_v030
    \echo 'V30 Add terminal-count delta ledger and async rollup'
    \ir upstream/V030.sql
    \if :awa_each
        COMMIT;
        BEGIN READ WRITE;
        \ir awa_infra/lock.sql
        \ir awa_infra/act_as_owner.sql
    \endif
\endif

\if :awa_v031
    \echo 'V31 Backfill failed done-entry metric indexes for queue storage'
    \ir upstream/V031.sql
    \if :awa_each
        COMMIT;
        BEGIN READ WRITE;
        \ir awa_infra/lock.sql
        \ir awa_infra/act_as_owner.sql
    \endif
\endif

\if :awa_v032
    \echo 'V32 Add pruned_failed_count to queue_terminal_rollups for the failed terminal retention floor'
    \ir upstream/V032.sql
    \if :awa_each
        COMMIT;
        BEGIN READ WRITE;
        \ir awa_infra/lock.sql
        \ir awa_infra/act_as_owner.sql
    \endif
\endif

\if :awa_v033
    \echo 'V33 Add per-slot receipt-rescue cursors for queue storage'
    \ir upstream/V033.sql
    \if :awa_each
        COMMIT;
        BEGIN READ WRITE;
        \ir awa_infra/lock.sql
        \ir awa_infra/act_as_owner.sql
    \endif
\endif

\if :awa_v034
    \echo 'V34 Materialize receipt closures before terminal compatibility deletes'
    \ir upstream/V034.sql
    \if :awa_each
        COMMIT;
        BEGIN READ WRITE;
        \ir awa_infra/lock.sql
        \ir awa_infra/act_as_owner.sql
    \endif
\endif

\if :awa_v035
    \echo 'V35 Add per-slot receipt deadline-rescue cursors for queue storage'
    \ir upstream/V035.sql
    \if :awa_each
        COMMIT;
        BEGIN READ WRITE;
        \ir awa_infra/lock.sql
        \ir awa_infra/act_as_owner.sql
    \endif
\endif

\if :awa_v036
    \echo 'V36 Compact successful receipt completions into batch terminal history'
    \ir upstream/V036.sql
    \if :awa_each
        COMMIT;
        BEGIN READ WRITE;
        \ir awa_infra/lock.sql
        \ir awa_infra/act_as_owner.sql
    \endif
\endif

\if :awa_v037
    \echo 'V37 Add ready_segments claim-routing ledger for queue storage'
    \ir upstream/V037.sql
    \if :awa_each
        COMMIT;
        BEGIN READ WRITE;
        \ir awa_infra/lock.sql
        \ir awa_infra/act_as_owner.sql
    \endif
\endif

\if :awa_v038
    \echo 'V38 Add compact receipt claim batch ledger for queue storage'
    \ir upstream/V038.sql
    \if :awa_each
        COMMIT;
        BEGIN READ WRITE;
        \ir awa_infra/lock.sql
        \ir awa_infra/act_as_owner.sql
    \endif
\endif

\if :awa_v039
    \echo 'V39 Refresh claim_ready_runtime to cache-free ready-segment routing'
    \ir upstream/V039.sql
    \if :awa_each
        COMMIT;
        BEGIN READ WRITE;
        \ir awa_infra/lock.sql
        \ir awa_infra/act_as_owner.sql
    \endif
\endif

\if :awa_v040
    \echo 'V40 Allow queue-storage finalization with live canonical drain-only runtimes'
    \ir upstream/V040.sql
\endif

-- After a migration the patch is run again; without one, only if it is missing.
\if :awa_any
    \set awa_patch_wait_free_dirty_marks on
\else
    SELECT NOT probe.applied AS awa_patch_wait_free_dirty_marks FROM (
-- Whether Awa's repeatable patch wait_free_dirty_marks (0.6.8 and 0.6.9) is applied in full: both marks
-- tables, four functions that use them, and a refresh function that uses them and truncates nothing.
SELECT (SELECT count(*)
          FROM pg_catalog.pg_class c
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = 'awa' AND c.relkind = 'r'
           AND c.relname IN ('admin_dirty_queue_marks', 'admin_dirty_kind_marks')) = 2
   AND (SELECT count(*)
          FROM pg_catalog.pg_proc p
          JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
         WHERE n.nspname = 'awa'
           AND p.proname IN ('mark_dirty_keys_insert', 'mark_dirty_keys_update', 'mark_dirty_keys_delete',
                             'recompute_dirty_admin_metadata')
           AND strpos(p.prosrc, 'admin_dirty_queue_marks') > 0) = 4
   AND (SELECT count(*)
          FROM pg_catalog.pg_proc p
          JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
         WHERE n.nspname = 'awa' AND p.proname = 'refresh_admin_metadata'
           AND strpos(p.prosrc, 'admin_dirty_queue_marks') > 0
           AND p.prosrc !~* 'truncate') = 1 AS applied
    ) AS probe \gset
\endif
\if :awa_patch_wait_free_dirty_marks
    \echo 'patch wait_free_dirty_marks'
    \ir upstream/patch_wait_free_dirty_marks.sql
\endif

\echo 'queue-storage schema shop_queue (16/8/8 slots with receipts)'
\ir awa_infra/queue_storage_shop_queue.sql

\echo 'queue-storage schema slow_queue (4/2/2 slots without receipts)'
\ir awa_infra/queue_storage_slow_queue.sql

\echo 'lanes of greetings, reports in shop_queue; enqueue shards: reports 2 (FIFO within each shard, approximate across shards)'
\ir awa_infra/lanes_shop_queue.sql

\echo 'lanes of archive in slow_queue'
\ir awa_infra/lanes_slow_queue.sql

\ir awa_infra/installer.sql
SELECT set_config('awa_infra.each', :'awa_each', true) AS each_set \gset awa_
\ir awa_infra/verified.sql

\if :{?dry_run}
    ROLLBACK;
    \echo 'Dry run: everything was rolled back.'
\else
    COMMIT;
    -- What comes now only shows: it is committed, whatever happens.
    \set ON_ERROR_STOP off
    \pset tuples_only off
    \pset format aligned
    \echo 'Done:'
    \ir verify.sql
\endif
