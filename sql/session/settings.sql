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
        ('statement_timeout', {statement_timeout}, false),
        ('lock_timeout', {lock_timeout}, false),
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
