-- Whatever PGCLIENTENCODING says, this text is UTF-8.
SET client_encoding = 'UTF8';

-- Until the end of the transaction: a login that inherits nothing of the owner of schema awa, but may act as it, could
-- not look into the schema without doing so.
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

-- Conditions that must hold before anything runs. This only reads, and collects everything that objects in a
-- setting of the session; stop.sql then reports all of it at once.
DO $awa_infra$
DECLARE
    problems text[] := ARRAY[]::text[];
    problem  record;
    -- Whether anything that this bundle brings is missing; some conditions only matter then.
    pending  CONSTANT boolean := current_setting('awa_infra.pending', true) IS DISTINCT FROM 'false';
    -- Whether the migration lock has just been taken: what was asked before may not be true any more.
    fresh    CONSTANT boolean := current_setting('awa_infra.fresh', true) IS DISTINCT FROM 'false';
    -- The tables that this role can read. A condition about a table that is not there does not apply; its
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
    -- 'database-encoding'
    IF true AND string_to_array('', ' ') <@ readable THEN
        FOR problem IN
-- Functions of Awa have characters in them that no other encoding of a server can store: some migrations would fail, and
-- a client in the database's own encoding would store something else without a word.
SELECT 'database-encoding' AS code,
       format('Database %I has encoding %s; Awa needs UTF8.', current_database(), current_setting('server_encoding'))
         AS message,
       'Use another database: CREATE DATABASE name ENCODING ''UTF8'' TEMPLATE template0.' AS hint
 WHERE current_setting('server_encoding') <> 'UTF8'
        LOOP
            problems := problems || format(E'%s [%s]\nHint: %s', problem.message, problem.code, problem.hint);
        END LOOP;
    END IF;

    -- 'read-only'
    IF true AND string_to_array('', ' ') <@ readable THEN
        FOR problem IN
SELECT 'read-only' AS code,
       format('Database %I accepts no writes on this connection (%s).', current_database(),
              CASE WHEN pg_catalog.pg_is_in_recovery() THEN 'the server is a standby'
                   ELSE 'default_transaction_read_only is on' END) AS message,
       'Connect to the primary, with a role and database that may write.' AS hint
 WHERE pg_catalog.pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean
        LOOP
            problems := problems || format(E'%s [%s]\nHint: %s', problem.message, problem.code, problem.hint);
        END LOOP;
    END IF;


    PERFORM set_config('awa_infra.problems', array_to_string(problems, E'\n'), false);
END
$awa_infra$;

-- Stops the tool if the conditions just asked did not all hold. Apart from them because tools print the
-- statement that failed, and a short one leaves the reasons in sight.
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

-- Once per database, before the first run: the schema of the tool's own tables. Schema awa belongs to Awa's migrations.
CREATE SCHEMA IF NOT EXISTS "awa_migrations";
