-- Writes into the tool's own table which versions this database has already.
-- Never touches schema awa, jobs, or any other schema.
-- First in the transaction.
-- By name: under another default of the role or the database this would look at a stale snapshot.
SET TRANSACTION ISOLATION LEVEL READ COMMITTED;

-- The settings under which everything here runs, whatever the role or the database has.
DO $awa_infra$
DECLARE
    setting record;
BEGIN
    FOR setting IN
    -- Everything that changes what the texts mean, how catalogs print, or when the server gives up. Only what differs is
    -- set; a setting that this server does not know is left out, and so is one that only a superuser may change, where
    -- the role is none: a gate checks that one before anything is written. Left as the role or the database
    -- has it: default_tablespace, where it is another one than the database's, and default_toast_compression, which are
    -- for the administrator to choose; synchronous_commit; all that only makes plans slower or faster, but for jit.
    SELECT s.name, s.value
      FROM (VALUES
        -- All texts are UTF-8, name every schema of theirs, and mean by every other name what PostgreSQL ships.
        ('client_encoding', 'UTF8', false),
        ('search_path', 'pg_catalog, pg_temp', false),
        ('standard_conforming_strings', 'on', false),
        ('array_nulls', 'on', false),
        ('transform_null_equals', 'off', false),
        ('check_function_bodies', 'on', false),
        ('plpgsql.variable_conflict', 'error', true),
        ('plpgsql.extra_errors', 'none', false),
        ('plpgsql.extra_warnings', 'none', false),
        -- Every row is seen and every trigger fires; a policy that would hide rows is an error.
        ('row_security', 'off', false),
        ('restrict_nonsystem_relation_kind', '', false),
        ('session_replication_role', 'origin', true),
        ('default_table_access_method', 'heap', false),
        -- PostgreSQL refuses to make partitioned tables in the database's own tablespace if that is named.
        ('default_tablespace', '', false),
        ('default_transaction_isolation', 'read committed', false),
        ('default_transaction_read_only', 'off', false),
        ('default_transaction_deferrable', 'off', false),
        -- Timeouts of a role or a database are for applications. A table lock that is not free in time fails the run,
        -- rather than making every other session wait behind it.
        ('statement_timeout', '0', false),
        ('lock_timeout', '2000ms', false),
        ('idle_in_transaction_session_timeout', '0', false),
        ('idle_session_timeout', '0', false),
        ('transaction_timeout', '0', false),
        -- A client whose machine or network is gone says nothing: the server asks by itself, and ends such a session, and
        -- with it every lock, within a minute rather than after two hours. In seconds; the last one in milliseconds.
        ('tcp_keepalives_idle', '30', false),
        ('tcp_keepalives_interval', '10', false),
        ('tcp_keepalives_count', '3', false),
        ('tcp_user_timeout', '60000', false),
        -- Nor does a statement notice that its client was killed: the server looks, where its system can (below).
        ('client_connection_check_interval', '10s', false),
        -- A fresh installation has ten thousand lines of notices, and jit costs more than it saves.
        ('client_min_messages', 'warning', false),
        ('jit', 'off', false),
        -- Definitions and values are printed the same way in every session.
        ('quote_all_identifiers', 'off', false),
        ('DateStyle', 'ISO, MDY', false),
        ('IntervalStyle', 'postgres', false),
        ('extra_float_digits', '1', false),
        ('bytea_output', 'hex', false)
      ) AS s (name, value, superuser)
     -- Operators by their schema: until search_path is set here, another schema of it may have some of the same names.
     WHERE pg_catalog.current_setting(s.name, true) OPERATOR(pg_catalog.<>) s.value
       -- PostgreSQL 14 can look on Linux alone, and elsewhere refuses the setting.
       AND (s.name OPERATOR(pg_catalog.<>) 'client_connection_check_interval'
            OR pg_catalog.version() OPERATOR(pg_catalog.~) 'linux')
       AND (NOT s.superuser OR pg_catalog.current_setting('is_superuser') OPERATOR(pg_catalog.=) 'on')
       AND (s.name OPERATOR(pg_catalog.<>) 'default_tablespace'
            OR pg_catalog.current_setting(s.name) OPERATOR(pg_catalog.=)
               (SELECT t.spcname::pg_catalog.text
                  FROM pg_catalog.pg_database d
                  JOIN pg_catalog.pg_tablespace t ON t.oid OPERATOR(pg_catalog.=) d.dattablespace
                 WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()))
    LOOP
        PERFORM pg_catalog.set_config(setting.name, setting.value, true);
    END LOOP;
END
$awa_infra$;

-- Awa's migration lock ("AWA_MIGR" as a number), the one that `awa migrate` takes, so that the two cannot
-- interleave. PostgreSQL releases one of the transaction at its end, and one of the session when it disconnects.
DO $awa_infra$
DECLARE
    deadline CONSTANT timestamptz := clock_timestamp() + interval '1 second' * 60.0;
BEGIN
    WHILE NOT pg_try_advisory_xact_lock(4708303813013489490) LOOP
        IF clock_timestamp() > deadline THEN
            RAISE EXCEPTION 'Awa''s migration lock in database % was not free within %. [lock-timeout]', current_database(),
                '60 seconds'
                USING ERRCODE = 'lock_not_available',
                      HINT = 'Another migration is running; in pg_locks it holds objid 1296648018. Wait for it, then run this again.';
        END IF;
        PERFORM pg_sleep(0.2);
    END LOOP;
END
$awa_infra$;

-- Records in dbmate's history the migrations that exist, by Awa's own table of versions. dbmate runs everything else:
-- files of later versions, and files without a version.
CREATE TABLE IF NOT EXISTS awa_migrations.dbmate_migrations (version varchar PRIMARY KEY);
INSERT INTO awa_migrations.dbmate_migrations (version)
SELECT lpad(f.number, 6, '0')
  FROM json_array_elements_text('[1000, 2000, 3000, 4000, 5000, 6000, 7000, 9000, 10000, 11000, 12000, 13000, 14000, 15000, 16000, 17000, 18000, 19000, 20000, 21000, 22000, 23000, 24000, 25000, 26000, 27000, 28000, 29000, 30000, 31000, 32000, 33000, 34000, 35000, 36000, 37000, 38000, 39000, 40000, 40001, 40002, 40003, 40004, 40005]') AS f (number)
 WHERE f.number::bigint <= 1000 * (SELECT max(version) FROM awa.schema_version)
 ORDER BY f.number::bigint
    ON CONFLICT DO NOTHING;
