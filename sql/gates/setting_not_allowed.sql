-- gate: setting-not-allowed
-- when: pending
-- Other settings of a role or a database are corrected for the run; these only a superuser may change.
SELECT 'setting-not-allowed' AS code,
       format('Setting %s is %s for role %I in database %I, and has to be %s while Awa is migrated; only a superuser may '
              'change it.', s.name, pg_catalog.current_setting(s.name, true), session_user, current_database(), s.value)
         AS message,
       format('As a superuser: ALTER ROLE %I IN DATABASE %I SET %s = %s; then connect anew.', session_user,
              current_database(), s.name, s.value) AS hint
  FROM (VALUES ('session_replication_role', 'origin'),
               ('plpgsql.variable_conflict', 'error')) AS s (name, value)
 WHERE pg_catalog.current_setting(s.name, true) <> s.value
