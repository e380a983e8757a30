-- A script cannot set anything for the tool's own statements and connections, and what ends one of them would leave a
-- migration that the tool does not know of.
SELECT 'tool-timeout' AS code,
       format('Setting %s is %s for role %I in database %I. %s', s.name, s.reset_val || ' ' || s.unit, session_user,
              current_database(), {consequence}) AS message,
       format('ALTER ROLE %I IN DATABASE %I SET %s = 0; then connect anew.', session_user, current_database(), s.name)
         AS hint
  FROM pg_catalog.pg_settings s
 WHERE s.name = ANY (string_to_array({settings}, ' '))
   AND s.reset_val::bigint BETWEEN 1 AND {enough}
