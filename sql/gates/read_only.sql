-- gate: read-only
-- when: pending
SELECT 'read-only' AS code,
       format('Database %I accepts no writes on this connection (%s).', current_database(),
              CASE WHEN pg_catalog.pg_is_in_recovery() THEN 'the server is a standby'
                   ELSE 'default_transaction_read_only is on' END) AS message,
       'Connect to the primary, with a role and database that may write.' AS hint
 WHERE pg_catalog.pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean
