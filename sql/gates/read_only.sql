-- gate: read-only
-- when: pending
-- of: login
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
    OR (NOT {begins_itself} AND (SELECT s.reset_val::boolean FROM pg_catalog.pg_settings s
                                  WHERE s.name = 'default_transaction_read_only'))
