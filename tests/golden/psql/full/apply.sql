-- Brings a database to Awa 0.6.9, schema version 40: what is already there is skipped, so this can be run
-- again, and takes over what `awa migrate` left. In one transaction: if anything fails, nothing was done.
--
--     psql -X -v ON_ERROR_STOP=1 -h HOST -U ROLE -d DATABASE -f apply.sql
--
-- With -v dry_run=1 it does everything, tells whether it went well, and rolls it back. With -v each=1 it commits every
-- migration by itself: locks are short, and after a failure what was committed before stays.
-- \ir reads a file beside this one; every other line that starts with a backslash is psql's, too.
\set ON_ERROR_STOP on
-- Whoever wants to see every statement as it runs: psql --echo-all.
\set QUIET on
\pset pager off
-- What functions of Awa return on the way says nothing.
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
\if :awa_each
    \ir awa_infra/lock_session.sql
\endif

-- The version that the schema stands at; 0 is an empty database.
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
[versions 3 to 38: the same]
       :awa_version < 39 AS awa_v039,
       :awa_version < 40 AS awa_v040
\gset

\if :awa_v001
    \echo 'V1 Canonical schema with UI indexes'
    \ir upstream/V001.sql
    \if :awa_each
        COMMIT;
        BEGIN;
        \ir awa_infra/lock.sql
    \endif
\endif

\if :awa_v002
    \echo 'V2 Runtime observability snapshots'
    \ir upstream/V002.sql
    \if :awa_each
        COMMIT;
        BEGIN;
        \ir awa_infra/lock.sql
    \endif
\endif

[versions 3 to 38: the same]
\if :awa_v039
    \echo 'V39 Refresh claim_ready_runtime to cache-free ready-segment routing'
    \ir upstream/V039.sql
    \if :awa_each
        COMMIT;
        BEGIN;
        \ir awa_infra/lock.sql
    \endif
\endif

\if :awa_v040
    \echo 'V40 Allow queue-storage finalization with live canonical drain-only runtimes'
    \ir upstream/V040.sql
\endif

-- A migration puts the patch back in question; without one, it is run only where it is missing.
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
