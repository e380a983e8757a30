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

-- From here on the owner of schema awa owns every new object, whichever login runs this. Otherwise each member of the
-- owner would own the objects that it made, and the next migration would fail on those of another member.
DO $awa_infra$
DECLARE
    owner CONSTANT text := (SELECT pg_catalog.pg_get_userbyid(n.nspowner)
                              FROM pg_catalog.pg_namespace n
                             WHERE n.nspname = 'awa');
    -- From PostgreSQL 16 on a member may be one without the right to become the role.
    means CONSTANT text := CASE WHEN current_setting('server_version_num')::int < 160000 THEN 'MEMBER' ELSE 'SET' END;
    own   record;
BEGIN
    IF owner IS NULL OR owner = current_user OR NOT pg_has_role(owner, means)
       OR NOT pg_has_role(session_user, owner, means) THEN
        RETURN;
    END IF;
    -- The tool records in its own tables what was run, in the same transaction.
    FOR own IN
        SELECT 'SCHEMA' AS word, quote_ident(n.nspname) AS name
          FROM pg_catalog.pg_namespace n
         WHERE n.nspname = 'awa_migrations' AND pg_has_role(n.nspowner, 'USAGE')
           AND NOT (has_schema_privilege(owner, n.oid, 'USAGE') AND has_schema_privilege(owner, n.oid, 'CREATE'))
        UNION ALL
        SELECT CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, format('%I.%I', n.nspname, c.relname)
          FROM pg_catalog.pg_class c
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = 'awa_migrations' AND c.relkind IN ('r', 'S') AND pg_has_role(c.relowner, 'USAGE')
           AND NOT CASE c.relkind WHEN 'S' THEN has_sequence_privilege(owner, c.oid, 'USAGE')
                                  ELSE has_table_privilege(owner, c.oid, 'TRUNCATE') END
    LOOP
        EXECUTE format('GRANT ALL ON %s %s TO %I', own.word, own.name, owner);
    END LOOP;
    PERFORM set_config('role', owner, true);
END
$awa_infra$;

-- Awa's installer of queue storage stays with its owner. When a migration made it, default privileges let other roles
-- execute it; Awa revokes that from PUBLIC only.
DO $awa_infra$
DECLARE
    statement text;
BEGIN
    FOR statement IN
        SELECT DISTINCT format('REVOKE ALL ON ROUTINE awa.%I(%s) FROM %I', p.proname,
                               pg_catalog.pg_get_function_identity_arguments(p.oid), r.rolname)
          FROM pg_catalog.pg_proc p
          JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
         CROSS JOIN LATERAL aclexplode(p.proacl) AS given
          JOIN pg_catalog.pg_default_acl d
            ON d.defaclrole = p.proowner AND d.defaclnamespace = n.oid AND d.defaclobjtype = 'f'
         CROSS JOIN LATERAL aclexplode(d.defaclacl) AS always
          JOIN pg_catalog.pg_roles r ON r.oid = given.grantee
         WHERE n.nspname = 'awa' AND p.proname = ANY ('{install_queue_storage_substrate}'::text[])
           AND given.grantee = always.grantee AND given.grantee <> p.proowner
           AND pg_has_role(p.proowner, 'USAGE')
    LOOP
        EXECUTE statement;
    END LOOP;
END
$awa_infra$;

-- Line ends of Windows in this file would be stored in the functions of Awa that it defines.
DO $awa_infra$
BEGIN
    IF position(chr(13) IN '
') > 0 THEN
        RAISE EXCEPTION 'This file has the line ends of Windows (CRLF), and was written without them. [line-ends]'
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'Nothing was changed. Take the file as it was handed out; sha256sum -c SHA256SUMS finds every converted one.';
    END IF;
END
$awa_infra$;
-- This file is for a schema below version 1. A second run of the tool, which waited for the lock above while the
-- first one ran the same files, would run it on top of later ones and bring back what those have replaced.
DO $awa_infra$
DECLARE
    reached integer;
BEGIN
    IF to_regclass('awa.schema_version') IS NULL THEN
        RETURN;
    END IF;
    SELECT max(v.version) INTO reached FROM awa.schema_version v;
    IF NOT reached < 1 THEN
        RAISE EXCEPTION 'Schema awa in database % is at version % already, and this file is for one below version %. [not-adopted]',
            current_database(), reached, 1
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'Another run has done it, or another program. This file changed nothing. Run preflight.sql; if it reports nothing, run the tool again.';
    END IF;
END
$awa_infra$;
-- What comes now is run as it was published:
[Awa's own text of V001: 15289 bytes, sha256 4722dfe2d9e2f54be308dd3c53b626950e13ba3f3c210c4c3302d7c752434c6b]
