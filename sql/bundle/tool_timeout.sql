-- A script cannot change settings of the tool's own statements and connections. A timeout that ends one of them would
-- leave a migration that the tool has not recorded.
SELECT 'tool-timeout' AS code,
       format('Setting %s is %s for role %I in database %I. %s', s.name, s.reset_val || ' ' || s.unit, session_user,
              current_database(), {consequence}) AS message,
       format('ALTER ROLE %I IN DATABASE %I SET %s = 0; then connect anew.', session_user, current_database(), s.name)
         AS hint
  FROM pg_catalog.pg_settings s
 WHERE s.name = ANY (string_to_array({settings}, ' '))
   AND s.reset_val::bigint BETWEEN 1 AND {enough}
