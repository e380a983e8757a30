-- Lets one Flyway at a time go on; checks the first conditions.
-- Never touches jobs, other schemas, or which storage is active.
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

-- Until the end of the transaction: a login that inherits nothing of the owner of schema awa, but may act as it, cannot
-- read the schema otherwise.
DO $awa_infra$
BEGIN
    PERFORM set_config('role', pg_catalog.pg_get_userbyid(n.nspowner)::text, true)
       FROM pg_catalog.pg_namespace n
      CROSS JOIN (SELECT CASE WHEN current_setting('server_version_num')::int < 160000
                              THEN 'MEMBER' ELSE 'SET' END AS option) may
      WHERE n.nspname = 'awa'
        AND NOT pg_has_role(n.nspowner, 'USAGE')
        AND pg_has_role(n.nspowner, may.option)
        AND pg_has_role(session_user, n.nspowner, may.option);
END
$awa_infra$;

-- Conditions that must hold before anything runs. This only reads, and collects every condition that fails
-- in a setting of the session; stop.sql then reports all of them at once.
DO $awa_infra$
DECLARE
    problems text[] := ARRAY[]::text[];
    problem  record;
    -- Whether anything that this bundle makes is missing; some conditions only apply then.
    pending  CONSTANT boolean := current_setting('awa_infra.pending', true) IS DISTINCT FROM 'false';
    -- Whether the migration lock has just been taken: earlier answers may be outdated.
    fresh    CONSTANT boolean := current_setting('awa_infra.fresh', true) IS DISTINCT FROM 'false';
    -- The tables that this role can read. A condition about a missing table does not apply; its
    -- query is then never planned, because PL/pgSQL plans a statement when it first runs it.
    readable CONSTANT text[] := ARRAY(
        SELECT n.nspname || '.' || c.relname
          FROM pg_catalog.pg_class c
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'p', 'v')
           AND n.nspname || '.' || c.relname = ANY (string_to_array('', ' '))
           AND has_schema_privilege(n.oid, 'USAGE')
           AND has_table_privilege(c.oid, 'SELECT'));
BEGIN
    -- 'isolation-level, for the operator who runs the bundle'
    IF true AND string_to_array('', ' ') <@ readable THEN
        FOR problem IN
-- Flyway has run a query in this transaction, so the isolation level can no longer be set. Under any level but this one,
-- the checks after the lock would read a snapshot that is older than the lock.
SELECT 'isolation-level' AS code,
       format('Flyway works under isolation level %s: role %I has it by default in database %I. What another migration '
              'has just done would not be seen.', current_setting('transaction_isolation'), session_user, current_database())
         AS message,
       format('ALTER ROLE %I IN DATABASE %I SET default_transaction_isolation = ''read committed''; then connect anew.',
              session_user, current_database())
         AS hint
 WHERE current_setting('transaction_isolation') <> 'read committed'
        LOOP
            problems := problems || format(E'%s [%s]\nHint: %s', problem.message, problem.code, problem.hint);
        END LOOP;
    END IF;

    -- 'database-encoding, for the administrator of the server'
    IF true AND string_to_array('', ' ') <@ readable THEN
        FOR problem IN
-- Functions of Awa have characters in them that no other encoding of a server can store: some migrations would fail, and
-- a client in the database's own encoding would silently store something else.
SELECT 'database-encoding' AS code,
       format('Database %I has encoding %s; Awa needs UTF8.', current_database(), current_setting('server_encoding'))
         AS message,
       'Use another database: CREATE DATABASE name ENCODING ''UTF8'' TEMPLATE template0.' AS hint
 WHERE current_setting('server_encoding') <> 'UTF8'
        LOOP
            problems := problems || format(E'%s [%s]\nHint: %s', problem.message, problem.code, problem.hint);
        END LOOP;
    END IF;

    -- 'no-synchronous-standby, for the administrator of the server'
    IF true AND string_to_array('', ' ') <@ readable THEN
        FOR problem IN
-- The commit would wait for ever, and all other sessions behind the locks of its transaction. Without a number the list
-- needs one of its standbys. Other receivers, such as a backup, do not count: a role without pg_read_all_stats tells them
-- by their names alone.
SELECT 'no-synchronous-standby' AS code,
       format('The server waits at every commit for a synchronous standby (synchronous_standby_names: %s), and %s of the %s '
              'that it needs %s connected.', s.list, r.connected, s.needed,
              CASE WHEN r.connected = 1 THEN 'is' ELSE 'are' END) AS message,
       format('Start the standby, or take it off that list and reload the configuration. If this database may do without: '
              'ALTER ROLE %I IN DATABASE %I SET synchronous_commit = local; then connect anew.', session_user,
              current_database()) AS hint
  FROM (SELECT x.list,
               coalesce(substring(x.list FROM '(?i)^\s*(?:(?:first|any)\s+)?([0-9]+)\s*\(')::int, 1) AS needed,
               ARRAY(SELECT lower(btrim(n.name, ' "'))
                       FROM regexp_split_to_table(
                                regexp_replace(x.list, '(?i)^\s*(?:(?:first|any)\s+)?[0-9]+\s*\(|\)\s*$', '', 'g'),
                                ',') AS n (name)) AS names
          FROM (SELECT current_setting('synchronous_standby_names') AS list) x) s
 CROSS JOIN LATERAL (
        SELECT count(*) AS connected
          FROM pg_catalog.pg_stat_replication w
         WHERE CASE WHEN w.sync_state IS NULL THEN lower(w.application_name) = ANY (s.names) OR '*' = ANY (s.names)
                    ELSE w.sync_state IN ('sync', 'quorum', 'potential') END) r
 WHERE s.list <> ''
   AND current_setting('synchronous_commit') NOT IN ('off', 'local')
   AND r.connected < s.needed
        LOOP
            problems := problems || format(E'%s [%s]\nHint: %s', problem.message, problem.code, problem.hint);
        END LOOP;
    END IF;

    -- 'read-only, for the administrator of the server'
    IF true AND string_to_array('', ' ') <@ readable THEN
        FOR problem IN
-- A tool that begins its own transactions cannot be switched to read-write from here; the engine, psql and Alembic are.
SELECT 'read-only' AS code,
       format('Database %I accepts no writes on this connection (%s).', current_database(),
              CASE WHEN pg_catalog.pg_is_in_recovery() THEN 'the server is a standby'
                   ELSE 'default_transaction_read_only is on' END) AS message,
       CASE WHEN pg_catalog.pg_is_in_recovery()
            THEN 'Connect to the primary, with a role and database that may write.'
            ELSE format('ALTER ROLE %I IN DATABASE %I SET default_transaction_read_only = off; then connect anew.',
                        session_user, current_database()) END AS hint
 WHERE pg_catalog.pg_is_in_recovery()
    OR (NOT false AND (SELECT s.reset_val::boolean FROM pg_catalog.pg_settings s
                                  WHERE s.name = 'default_transaction_read_only'))
        LOOP
            problems := problems || format(E'%s [%s]\nHint: %s', problem.message, problem.code, problem.hint);
        END LOOP;
    END IF;


    PERFORM set_config('awa_infra.problems', array_to_string(problems, E'\n'), false);
END
$awa_infra$;

-- Stops the tool if one of the conditions just checked fails. A statement of its own, because tools print the statement
-- that failed, and a short one leaves the reasons in sight.
DO $awa_infra$
BEGIN
    IF current_setting('awa_infra.problems') <> '' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = format('This bundle cannot be run on database %I:', current_database())
                      || E'\n' || current_setting('awa_infra.problems'),
            HINT = 'Nothing was run.' || ' README.md of the bundle says what each code in brackets means.';
    END IF;
END
$awa_infra$;

-- Flyway gives its own lock back after each file, while Awa's migration lock is held from the first file to the last.
-- A second Flyway that starts between two files would hold one and wait for the other, and the first one the reverse: a
-- deadlock. So on connections of its own only one Flyway at a time continues from here ("AWA_FLYW" as a number), until
-- it disconnects. On a connection of an application's pool each file takes Awa's lock, so there is nothing to wait for.
DO $awa_infra$
DECLARE
    deadline CONSTANT timestamptz := clock_timestamp() + interval '60 seconds';
BEGIN
    IF current_setting('application_name') <> 'awa-infra flyway' THEN
        RETURN;
    END IF;
    WHILE NOT pg_try_advisory_lock(4708303812896250199) LOOP
        IF clock_timestamp() > deadline THEN
            RAISE EXCEPTION 'Another Flyway has been at work on database % for more than 60 seconds. [lock-timeout]', current_database()
                USING ERRCODE = 'lock_not_available',
                      HINT = 'Wait for it, then run this again. Nothing was run.';
        END IF;
        PERFORM pg_sleep(0.2);
    END LOOP;
END
$awa_infra$;
