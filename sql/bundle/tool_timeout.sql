-- The tool keeps a transaction of its own open while each migration runs on another connection. A script cannot set
-- anything for that one, and its end would leave a migration that the tool does not know of.
SELECT 'tool-timeout' AS code,
       format('Setting %s is %s for role %I in database %I. %s keeps a transaction of its own open while a migration '
              'runs, which this would end.', s.name, s.reset_val || ' ' || s.unit, session_user, current_database(), {tool})
         AS message,
       format('ALTER ROLE %I IN DATABASE %I SET %s = 0; then connect anew.', session_user, current_database(), s.name)
         AS hint
  FROM pg_catalog.pg_settings s
 WHERE s.name IN ('idle_in_transaction_session_timeout', 'transaction_timeout')
   AND s.reset_val::bigint BETWEEN 1 AND {enough}
