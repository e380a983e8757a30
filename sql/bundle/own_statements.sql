-- The tool's own statements, which read and write its history, run before and beside those of the bundle. A script cannot
-- set anything for them.
SELECT 'tool-timeout' AS code,
       format('Setting %s is %s for role %I in database %I. What %s does with its own tables would end in it.',
              s.name, s.reset_val || ' ' || s.unit, session_user, current_database(), {tool}) AS message,
       format('ALTER ROLE %I IN DATABASE %I SET %s = 0; then connect anew.', session_user, current_database(), s.name)
         AS hint
  FROM pg_catalog.pg_settings s
 WHERE s.name IN ('statement_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout')
   AND s.reset_val::bigint BETWEEN 1 AND {enough}
