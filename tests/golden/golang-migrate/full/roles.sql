-- Makes the roles and the schemas of this bundle where they are missing, and grants privileges on them.
-- Never touches jobs, passwords, other schemas, or roles that are not named here.
-- Once per database, before the first run of this bundle, by an administrator (a superuser, or a role with CREATEROLE
-- that may grant on the database). What exists is not changed, so it can be run again:
--
--     psql -X -v ON_ERROR_STOP=1 -h HOST -U ADMINISTRATOR -d DATABASE -f roles.sql
--
-- It sets no passwords: use \password in psql afterwards, for every role that logs in. An administrator who is no
-- superuser is a member of the owner afterwards, and may act as it. The last lines show what there is now, and the
-- REVOKE that ends the membership. Another run of this file grants it again, for it needs it.
\set ON_ERROR_STOP on

BEGIN;
-- By name: under another default of the role or the database this would look at a stale snapshot.
SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ ONLY;

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

    -- 'role-too-powerful, for the administrator of the server'
    IF true AND string_to_array('', ' ') <@ readable THEN
        FOR problem IN
-- A runtime or observer that can act as the owner can do everything that it must not do.
SELECT 'role-too-powerful' AS code,
       format('Role %I, declared as %s, %s.', r.rolname, d.duty, x.what) AS message,
       format('Declare another role as %s, or: %s', d.duty, x.remedy) AS hint
  FROM json_to_recordset('[{"duty": "owner", "name": "shop_owner"}, {"duty": "migrator", "name": "shop_migrator"}, {"duty": "runtime", "name": "shop_runtime"}, {"duty": "observer", "name": "shop_observer"}]') AS d (duty text, name text)
  JOIN pg_catalog.pg_roles r ON r.rolname = d.name
  LEFT JOIN json_to_recordset('[{"duty": "owner", "name": "shop_owner"}, {"duty": "migrator", "name": "shop_migrator"}, {"duty": "runtime", "name": "shop_runtime"}, {"duty": "observer", "name": "shop_observer"}]') AS w (duty text, name text) ON w.duty = 'owner'
  LEFT JOIN pg_catalog.pg_roles o ON o.rolname = w.name
 CROSS JOIN LATERAL (
        SELECT 'is a superuser', format('ALTER ROLE %I NOSUPERUSER;', r.rolname)
         WHERE r.rolsuper
        UNION ALL
        SELECT format('can act as the owner %I', o.rolname), format('REVOKE %I FROM %I;', o.rolname, r.rolname)
         WHERE NOT r.rolsuper AND pg_has_role(r.oid, o.oid, 'MEMBER')
        UNION ALL
        -- Before PostgreSQL 16 it could make itself a member of the owner.
        SELECT 'may create roles', format('ALTER ROLE %I NOCREATEROLE;', r.rolname)
         WHERE NOT r.rolsuper AND r.rolcreaterole AND current_setting('server_version_num')::int < 160000) AS x (what, remedy)
 WHERE d.duty IN ('runtime', 'observer')
        LOOP
            problems := problems || format(E'%s [%s]\nHint: %s', problem.message, problem.code, problem.hint);
        END LOOP;
    END IF;

    -- 'schema-other-owner, for the administrator of the server'
    IF true AND string_to_array('', ' ') <@ readable THEN
        FOR problem IN
-- The declared owner could neither grant on nor migrate what belongs to another role.
SELECT 'schema-other-owner' AS code,
       format('Schema %I in database %I belongs to %I, not to the declared owner %I.', n.nspname, current_database(),
              pg_catalog.pg_get_userbyid(n.nspowner), o.name) AS message,
       format('Declare %I as the owner, or hand the schema over first: awa-infra explain schema-other-owner has the statements.',
              pg_catalog.pg_get_userbyid(n.nspowner)) AS hint
  FROM json_to_recordset('[{"name": "awa", "lanes": false}, {"name": "shop_queue", "lanes": true}, {"name": "slow_queue", "lanes": true}]') AS s (name text, lanes boolean)
  JOIN pg_catalog.pg_namespace n ON n.nspname = s.name
  JOIN json_to_recordset('[{"duty": "owner", "name": "shop_owner"}, {"duty": "migrator", "name": "shop_migrator"}, {"duty": "runtime", "name": "shop_runtime"}, {"duty": "observer", "name": "shop_observer"}]') AS o (duty text, name text) ON o.duty = 'owner'
 WHERE pg_catalog.pg_get_userbyid(n.nspowner) <> o.name
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
            HINT = 'Nothing was changed.' || ' README.md of the bundle says what each code in brackets means.';
    END IF;
END
$awa_infra$;

COMMIT;

BEGIN;
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

-- roles shop_owner, shop_migrator, shop_runtime, shop_observer
-- Roles belong to the whole server: where another database makes the same ones at this moment, this is tried again.
DO $awa_infra$
DECLARE
    attempt int := 1;
BEGIN
    LOOP
        BEGIN
            -- Role 'shop_owner': owns schema awa and every queue-storage schema of this database, and never logs in.
            -- An existing role is used as it is.
            IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'shop_owner') THEN
                CREATE ROLE "shop_owner" NOLOGIN;
            END IF;

            -- The role that runs this must be able to act as the owner. From PostgreSQL 16 on, the creator of a role
            -- may grant it to any role, but may not act as it.
            IF NOT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN
                IF current_setting('server_version_num')::int >= 160000 THEN
                    IF NOT (pg_has_role('shop_owner', 'USAGE') AND pg_has_role('shop_owner', 'SET')) THEN
                        EXECUTE format('GRANT %I TO %I WITH INHERIT TRUE, SET TRUE', 'shop_owner', current_user);
                    END IF;
                ELSIF NOT pg_has_role('shop_owner', 'USAGE') THEN
                    EXECUTE format('GRANT %I TO %I', 'shop_owner', current_user);
                END IF;
            END IF;

            -- Awa's migrations and its queue-storage installer ask for CREATE on the database at every run.
            IF NOT (has_database_privilege('shop_owner', current_database(), 'CREATE')
                    AND has_database_privilege('shop_owner', current_database(), 'CONNECT')) THEN
                EXECUTE format('GRANT CREATE, CONNECT ON DATABASE %I TO %I', current_database(), 'shop_owner');
            END IF;
            EXIT;
        EXCEPTION WHEN unique_violation OR duplicate_object OR internal_error THEN
            IF attempt >= 10 THEN
                RAISE;
            END IF;
            PERFORM pg_sleep(0.1 * attempt);
            attempt := attempt + 1;
        END;
    END LOOP;
END
$awa_infra$;

-- Roles belong to the whole server: where another database makes the same ones at this moment, this is tried again.
DO $awa_infra$
DECLARE
    attempt int := 1;
BEGIN
    LOOP
        BEGIN
            -- Role 'shop_migrator' ('migrator').
            IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'shop_migrator') THEN
                CREATE ROLE "shop_migrator" LOGIN;
            END IF;
            IF NOT has_database_privilege('shop_migrator', current_database(), 'CONNECT') THEN
                EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), 'shop_migrator');
            END IF;
            -- Role 'shop_migrator' migrates, acting as 'shop_owner', so that everything it makes belongs to 'shop_owner'.
            IF current_setting('server_version_num')::int >= 160000 THEN
                -- From PostgreSQL 16 on a member may be one without the right to act as the role.
                IF NOT pg_has_role('shop_migrator', 'shop_owner', 'SET') THEN
                    EXECUTE format('GRANT %I TO %I WITH SET TRUE', 'shop_owner', 'shop_migrator');
                END IF;
            ELSIF NOT pg_has_role('shop_migrator', 'shop_owner', 'MEMBER') THEN
                EXECUTE format('GRANT %I TO %I', 'shop_owner', 'shop_migrator');
            END IF;
            -- In this database a session of it starts as the owner: awa migrate, Flyway and psql need no option.
            IF NOT EXISTS (SELECT FROM pg_catalog.pg_db_role_setting s
                             JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase
                             JOIN pg_catalog.pg_roles r ON r.oid = s.setrole
                            WHERE d.datname = current_database() AND r.rolname = 'shop_migrator'
                              AND s.setconfig @> ARRAY['role=' || 'shop_owner']) THEN
                EXECUTE format('ALTER ROLE %I IN DATABASE %I SET role = %L', 'shop_migrator', current_database(), 'shop_owner');
            END IF;
            EXIT;
        EXCEPTION WHEN unique_violation OR duplicate_object OR internal_error THEN
            IF attempt >= 10 THEN
                RAISE;
            END IF;
            PERFORM pg_sleep(0.1 * attempt);
            attempt := attempt + 1;
        END;
    END LOOP;
END
$awa_infra$;

-- Roles belong to the whole server: where another database makes the same ones at this moment, this is tried again.
DO $awa_infra$
DECLARE
    attempt int := 1;
BEGIN
    LOOP
        BEGIN
            -- Role 'shop_runtime' ('runtime').
            IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'shop_runtime') THEN
                CREATE ROLE "shop_runtime" LOGIN;
            END IF;
            IF NOT has_database_privilege('shop_runtime', current_database(), 'CONNECT') THEN
                EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), 'shop_runtime');
            END IF;
            EXIT;
        EXCEPTION WHEN unique_violation OR duplicate_object OR internal_error THEN
            IF attempt >= 10 THEN
                RAISE;
            END IF;
            PERFORM pg_sleep(0.1 * attempt);
            attempt := attempt + 1;
        END;
    END LOOP;
END
$awa_infra$;

-- Roles belong to the whole server: where another database makes the same ones at this moment, this is tried again.
DO $awa_infra$
DECLARE
    attempt int := 1;
BEGIN
    LOOP
        BEGIN
            -- Role 'shop_observer' ('observer').
            IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'shop_observer') THEN
                CREATE ROLE "shop_observer" LOGIN;
            END IF;
            IF NOT has_database_privilege('shop_observer', current_database(), 'CONNECT') THEN
                EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), 'shop_observer');
            END IF;
            EXIT;
        EXCEPTION WHEN unique_violation OR duplicate_object OR internal_error THEN
            IF attempt >= 10 THEN
                RAISE;
            END IF;
            PERFORM pg_sleep(0.1 * attempt);
            attempt := attempt + 1;
        END;
    END LOOP;
END
$awa_infra$;

-- act as shop_owner
-- Until the end of the transaction: what is made from here on belongs to 'shop_owner'.
SET LOCAL ROLE "shop_owner";

-- privileges on schema awa
-- Schema 'awa', empty if it is new: privileges on it and on what will be in it can be granted before it is filled.
DO $awa_infra$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'awa') THEN
        CREATE SCHEMA "awa";
    END IF;
END
$awa_infra$;

-- What 'shop_runtime' may do in schema 'awa': work with jobs, and nothing that changes objects. TRUNCATE is how Awa's
-- maintenance empties partitions.
GRANT USAGE ON SCHEMA "awa" TO "shop_runtime";
-- What is in schema 'awa' already, as far as it belongs to the owner. EXECUTE and USAGE are granted one by one:
-- PUBLIC has them by default, unless that default was revoked. Awa's installer stays with the owner.
DO $awa_infra$
DECLARE
    statement text;
BEGIN
    FOR statement IN
        SELECT CASE c.relkind WHEN 'S' THEN format('GRANT %s ON SEQUENCE %I.%I TO %I', 'USAGE, SELECT, UPDATE', 'awa', c.relname, 'shop_runtime')
                              ELSE format('GRANT %s ON TABLE %I.%I TO %I', 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE', 'awa', c.relname, 'shop_runtime') END
          FROM pg_catalog.pg_class c
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = 'awa' AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
           AND pg_has_role(c.relowner, 'USAGE')
        UNION ALL
        SELECT format('GRANT EXECUTE ON ROUTINE %I.%I(%s) TO %I', 'awa', p.proname,
                      pg_catalog.pg_get_function_identity_arguments(p.oid), 'shop_runtime')
          FROM pg_catalog.pg_proc p
          JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
         WHERE n.nspname = 'awa' AND p.proname <> ALL ('{install_queue_storage_substrate}'::text[])
           AND pg_has_role(p.proowner, 'USAGE')
        UNION ALL
        SELECT format('GRANT USAGE ON TYPE %I.%I TO %I', 'awa', t.typname, 'shop_runtime')
          FROM pg_catalog.pg_type t
          JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
         WHERE n.nspname = 'awa' AND t.typtype IN ('e', 'd', 'r')
           AND pg_has_role(t.typowner, 'USAGE')
    LOOP
        EXECUTE statement;
    END LOOP;
END
$awa_infra$;

-- And on what later migrations make.
ALTER DEFAULT PRIVILEGES IN SCHEMA "awa"
    GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON TABLES TO "shop_runtime";
ALTER DEFAULT PRIVILEGES IN SCHEMA "awa"
    GRANT USAGE, SELECT, UPDATE ON SEQUENCES TO "shop_runtime";
ALTER DEFAULT PRIVILEGES IN SCHEMA "awa" GRANT EXECUTE ON FUNCTIONS TO "shop_runtime";
ALTER DEFAULT PRIVILEGES IN SCHEMA "awa" GRANT USAGE ON TYPES TO "shop_runtime";

-- What 'shop_observer' may do in schema 'awa': read. Queue and job statistics read sequences too, and views call functions
-- with the privileges of the role that reads them; a function that writes fails without privileges on the tables.
GRANT USAGE ON SCHEMA "awa" TO "shop_observer";
-- What is in schema 'awa' already, as far as it belongs to the owner. EXECUTE and USAGE are granted one by one:
-- PUBLIC has them by default, unless that default was revoked. Awa's installer stays with the owner.
DO $awa_infra$
DECLARE
    statement text;
BEGIN
    FOR statement IN
        SELECT CASE c.relkind WHEN 'S' THEN format('GRANT %s ON SEQUENCE %I.%I TO %I', 'SELECT', 'awa', c.relname, 'shop_observer')
                              ELSE format('GRANT %s ON TABLE %I.%I TO %I', 'SELECT', 'awa', c.relname, 'shop_observer') END
          FROM pg_catalog.pg_class c
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = 'awa' AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
           AND pg_has_role(c.relowner, 'USAGE')
        UNION ALL
        SELECT format('GRANT EXECUTE ON ROUTINE %I.%I(%s) TO %I', 'awa', p.proname,
                      pg_catalog.pg_get_function_identity_arguments(p.oid), 'shop_observer')
          FROM pg_catalog.pg_proc p
          JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
         WHERE n.nspname = 'awa' AND p.proname <> ALL ('{install_queue_storage_substrate}'::text[])
           AND pg_has_role(p.proowner, 'USAGE')
        UNION ALL
        SELECT format('GRANT USAGE ON TYPE %I.%I TO %I', 'awa', t.typname, 'shop_observer')
          FROM pg_catalog.pg_type t
          JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
         WHERE n.nspname = 'awa' AND t.typtype IN ('e', 'd', 'r')
           AND pg_has_role(t.typowner, 'USAGE')
    LOOP
        EXECUTE statement;
    END LOOP;
END
$awa_infra$;

-- And on what later migrations make.
ALTER DEFAULT PRIVILEGES IN SCHEMA "awa" GRANT SELECT ON TABLES TO "shop_observer";
ALTER DEFAULT PRIVILEGES IN SCHEMA "awa" GRANT SELECT ON SEQUENCES TO "shop_observer";
ALTER DEFAULT PRIVILEGES IN SCHEMA "awa" GRANT EXECUTE ON FUNCTIONS TO "shop_observer";
ALTER DEFAULT PRIVILEGES IN SCHEMA "awa" GRANT USAGE ON TYPES TO "shop_observer";

-- privileges on schema shop_queue
-- Schema 'shop_queue', empty if it is new: privileges on it and on what will be in it can be granted before it is filled.
DO $awa_infra$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'shop_queue') THEN
        CREATE SCHEMA "shop_queue";
    END IF;
END
$awa_infra$;

-- What 'shop_runtime' may do in schema 'shop_queue': work with jobs, and nothing that changes objects. TRUNCATE is how Awa's
-- maintenance empties partitions.
GRANT USAGE ON SCHEMA "shop_queue" TO "shop_runtime";
-- What is in schema 'shop_queue' already, as far as it belongs to the owner. EXECUTE and USAGE are granted one by one:
-- PUBLIC has them by default, unless that default was revoked. Awa's installer stays with the owner.
DO $awa_infra$
DECLARE
    statement text;
BEGIN
    FOR statement IN
        SELECT CASE c.relkind WHEN 'S' THEN format('GRANT %s ON SEQUENCE %I.%I TO %I', 'USAGE, SELECT, UPDATE', 'shop_queue', c.relname, 'shop_runtime')
                              ELSE format('GRANT %s ON TABLE %I.%I TO %I', 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE', 'shop_queue', c.relname, 'shop_runtime') END
          FROM pg_catalog.pg_class c
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = 'shop_queue' AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
           AND pg_has_role(c.relowner, 'USAGE')
        UNION ALL
        SELECT format('GRANT EXECUTE ON ROUTINE %I.%I(%s) TO %I', 'shop_queue', p.proname,
                      pg_catalog.pg_get_function_identity_arguments(p.oid), 'shop_runtime')
          FROM pg_catalog.pg_proc p
          JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
         WHERE n.nspname = 'shop_queue' AND p.proname <> ALL ('{install_queue_storage_substrate}'::text[])
           AND pg_has_role(p.proowner, 'USAGE')
        UNION ALL
        SELECT format('GRANT USAGE ON TYPE %I.%I TO %I', 'shop_queue', t.typname, 'shop_runtime')
          FROM pg_catalog.pg_type t
          JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
         WHERE n.nspname = 'shop_queue' AND t.typtype IN ('e', 'd', 'r')
           AND pg_has_role(t.typowner, 'USAGE')
    LOOP
        EXECUTE statement;
    END LOOP;
END
$awa_infra$;

-- And on what later migrations make.
ALTER DEFAULT PRIVILEGES IN SCHEMA "shop_queue"
    GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON TABLES TO "shop_runtime";
ALTER DEFAULT PRIVILEGES IN SCHEMA "shop_queue"
    GRANT USAGE, SELECT, UPDATE ON SEQUENCES TO "shop_runtime";
ALTER DEFAULT PRIVILEGES IN SCHEMA "shop_queue" GRANT EXECUTE ON FUNCTIONS TO "shop_runtime";
ALTER DEFAULT PRIVILEGES IN SCHEMA "shop_queue" GRANT USAGE ON TYPES TO "shop_runtime";

-- Awa 0.6.8 and 0.6.9 run CREATE SEQUENCE IF NOT EXISTS whenever a job is enqueued in queue storage; PostgreSQL asks
-- for CREATE on the schema even if the sequence is there.
GRANT CREATE ON SCHEMA "shop_queue" TO "shop_runtime";

-- What 'shop_observer' may do in schema 'shop_queue': read. Queue and job statistics read sequences too, and views call functions
-- with the privileges of the role that reads them; a function that writes fails without privileges on the tables.
GRANT USAGE ON SCHEMA "shop_queue" TO "shop_observer";
-- What is in schema 'shop_queue' already, as far as it belongs to the owner. EXECUTE and USAGE are granted one by one:
-- PUBLIC has them by default, unless that default was revoked. Awa's installer stays with the owner.
DO $awa_infra$
DECLARE
    statement text;
BEGIN
    FOR statement IN
        SELECT CASE c.relkind WHEN 'S' THEN format('GRANT %s ON SEQUENCE %I.%I TO %I', 'SELECT', 'shop_queue', c.relname, 'shop_observer')
                              ELSE format('GRANT %s ON TABLE %I.%I TO %I', 'SELECT', 'shop_queue', c.relname, 'shop_observer') END
          FROM pg_catalog.pg_class c
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = 'shop_queue' AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
           AND pg_has_role(c.relowner, 'USAGE')
        UNION ALL
        SELECT format('GRANT EXECUTE ON ROUTINE %I.%I(%s) TO %I', 'shop_queue', p.proname,
                      pg_catalog.pg_get_function_identity_arguments(p.oid), 'shop_observer')
          FROM pg_catalog.pg_proc p
          JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
         WHERE n.nspname = 'shop_queue' AND p.proname <> ALL ('{install_queue_storage_substrate}'::text[])
           AND pg_has_role(p.proowner, 'USAGE')
        UNION ALL
        SELECT format('GRANT USAGE ON TYPE %I.%I TO %I', 'shop_queue', t.typname, 'shop_observer')
          FROM pg_catalog.pg_type t
          JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
         WHERE n.nspname = 'shop_queue' AND t.typtype IN ('e', 'd', 'r')
           AND pg_has_role(t.typowner, 'USAGE')
    LOOP
        EXECUTE statement;
    END LOOP;
END
$awa_infra$;

-- And on what later migrations make.
ALTER DEFAULT PRIVILEGES IN SCHEMA "shop_queue" GRANT SELECT ON TABLES TO "shop_observer";
ALTER DEFAULT PRIVILEGES IN SCHEMA "shop_queue" GRANT SELECT ON SEQUENCES TO "shop_observer";
ALTER DEFAULT PRIVILEGES IN SCHEMA "shop_queue" GRANT EXECUTE ON FUNCTIONS TO "shop_observer";
ALTER DEFAULT PRIVILEGES IN SCHEMA "shop_queue" GRANT USAGE ON TYPES TO "shop_observer";

-- privileges on schema slow_queue
-- Schema 'slow_queue', empty if it is new: privileges on it and on what will be in it can be granted before it is filled.
DO $awa_infra$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'slow_queue') THEN
        CREATE SCHEMA "slow_queue";
    END IF;
END
$awa_infra$;

-- What 'shop_runtime' may do in schema 'slow_queue': work with jobs, and nothing that changes objects. TRUNCATE is how Awa's
-- maintenance empties partitions.
GRANT USAGE ON SCHEMA "slow_queue" TO "shop_runtime";
-- What is in schema 'slow_queue' already, as far as it belongs to the owner. EXECUTE and USAGE are granted one by one:
-- PUBLIC has them by default, unless that default was revoked. Awa's installer stays with the owner.
DO $awa_infra$
DECLARE
    statement text;
BEGIN
    FOR statement IN
        SELECT CASE c.relkind WHEN 'S' THEN format('GRANT %s ON SEQUENCE %I.%I TO %I', 'USAGE, SELECT, UPDATE', 'slow_queue', c.relname, 'shop_runtime')
                              ELSE format('GRANT %s ON TABLE %I.%I TO %I', 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE', 'slow_queue', c.relname, 'shop_runtime') END
          FROM pg_catalog.pg_class c
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = 'slow_queue' AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
           AND pg_has_role(c.relowner, 'USAGE')
        UNION ALL
        SELECT format('GRANT EXECUTE ON ROUTINE %I.%I(%s) TO %I', 'slow_queue', p.proname,
                      pg_catalog.pg_get_function_identity_arguments(p.oid), 'shop_runtime')
          FROM pg_catalog.pg_proc p
          JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
         WHERE n.nspname = 'slow_queue' AND p.proname <> ALL ('{install_queue_storage_substrate}'::text[])
           AND pg_has_role(p.proowner, 'USAGE')
        UNION ALL
        SELECT format('GRANT USAGE ON TYPE %I.%I TO %I', 'slow_queue', t.typname, 'shop_runtime')
          FROM pg_catalog.pg_type t
          JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
         WHERE n.nspname = 'slow_queue' AND t.typtype IN ('e', 'd', 'r')
           AND pg_has_role(t.typowner, 'USAGE')
    LOOP
        EXECUTE statement;
    END LOOP;
END
$awa_infra$;

-- And on what later migrations make.
ALTER DEFAULT PRIVILEGES IN SCHEMA "slow_queue"
    GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON TABLES TO "shop_runtime";
ALTER DEFAULT PRIVILEGES IN SCHEMA "slow_queue"
    GRANT USAGE, SELECT, UPDATE ON SEQUENCES TO "shop_runtime";
ALTER DEFAULT PRIVILEGES IN SCHEMA "slow_queue" GRANT EXECUTE ON FUNCTIONS TO "shop_runtime";
ALTER DEFAULT PRIVILEGES IN SCHEMA "slow_queue" GRANT USAGE ON TYPES TO "shop_runtime";

-- Awa 0.6.8 and 0.6.9 run CREATE SEQUENCE IF NOT EXISTS whenever a job is enqueued in queue storage; PostgreSQL asks
-- for CREATE on the schema even if the sequence is there.
GRANT CREATE ON SCHEMA "slow_queue" TO "shop_runtime";

-- What 'shop_observer' may do in schema 'slow_queue': read. Queue and job statistics read sequences too, and views call functions
-- with the privileges of the role that reads them; a function that writes fails without privileges on the tables.
GRANT USAGE ON SCHEMA "slow_queue" TO "shop_observer";
-- What is in schema 'slow_queue' already, as far as it belongs to the owner. EXECUTE and USAGE are granted one by one:
-- PUBLIC has them by default, unless that default was revoked. Awa's installer stays with the owner.
DO $awa_infra$
DECLARE
    statement text;
BEGIN
    FOR statement IN
        SELECT CASE c.relkind WHEN 'S' THEN format('GRANT %s ON SEQUENCE %I.%I TO %I', 'SELECT', 'slow_queue', c.relname, 'shop_observer')
                              ELSE format('GRANT %s ON TABLE %I.%I TO %I', 'SELECT', 'slow_queue', c.relname, 'shop_observer') END
          FROM pg_catalog.pg_class c
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = 'slow_queue' AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
           AND pg_has_role(c.relowner, 'USAGE')
        UNION ALL
        SELECT format('GRANT EXECUTE ON ROUTINE %I.%I(%s) TO %I', 'slow_queue', p.proname,
                      pg_catalog.pg_get_function_identity_arguments(p.oid), 'shop_observer')
          FROM pg_catalog.pg_proc p
          JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
         WHERE n.nspname = 'slow_queue' AND p.proname <> ALL ('{install_queue_storage_substrate}'::text[])
           AND pg_has_role(p.proowner, 'USAGE')
        UNION ALL
        SELECT format('GRANT USAGE ON TYPE %I.%I TO %I', 'slow_queue', t.typname, 'shop_observer')
          FROM pg_catalog.pg_type t
          JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
         WHERE n.nspname = 'slow_queue' AND t.typtype IN ('e', 'd', 'r')
           AND pg_has_role(t.typowner, 'USAGE')
    LOOP
        EXECUTE statement;
    END LOOP;
END
$awa_infra$;

-- And on what later migrations make.
ALTER DEFAULT PRIVILEGES IN SCHEMA "slow_queue" GRANT SELECT ON TABLES TO "shop_observer";
ALTER DEFAULT PRIVILEGES IN SCHEMA "slow_queue" GRANT SELECT ON SEQUENCES TO "shop_observer";
ALTER DEFAULT PRIVILEGES IN SCHEMA "slow_queue" GRANT EXECUTE ON FUNCTIONS TO "shop_observer";
ALTER DEFAULT PRIVILEGES IN SCHEMA "slow_queue" GRANT USAGE ON TYPES TO "shop_observer";

-- Awa's installer stays with its owner
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

COMMIT;

BEGIN;
-- By name: under another default of the role or the database this would look at a stale snapshot.
SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ ONLY;

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

-- The result: every declared role, and the role that ran this. Reads only.
SELECT r.rolname AS role, w.duty,
       CASE WHEN r.rolcanlogin THEN 'yes' ELSE 'no' END AS "logs in",
       CASE WHEN acts THEN 'shop_owner' ELSE '' END AS "may act as",
       CASE WHEN acts AND w.duty = 'ran this' THEN format('REVOKE %I FROM %I;', 'shop_owner', r.rolname) ELSE '' END
         AS "to end that"
  FROM json_to_recordset('[{"duty": "owner", "name": "shop_owner"}, {"duty": "migrator", "name": "shop_migrator"}, {"duty": "runtime", "name": "shop_runtime"}, {"duty": "observer", "name": "shop_observer"}, {"duty": "ran this"}]') AS w (duty text, name text)
  JOIN pg_catalog.pg_roles r ON r.rolname = coalesce(w.name, session_user)
 -- From PostgreSQL 16 on a member may be one without the right to act as the role. A superuser always has the right.
 CROSS JOIN LATERAL (SELECT r.rolname <> 'shop_owner' AND NOT r.rolsuper
                            AND pg_has_role(r.oid, 'shop_owner', CASE WHEN current_setting('server_version_num')::int < 160000
                                                                 THEN 'MEMBER' ELSE 'SET' END) AS acts) AS a
 ORDER BY w.duty = 'ran this', r.rolname;
COMMIT;
