-- gate: no-synchronous-standby
-- when: pending
-- The commit would wait for ever, and all other sessions behind the locks of its transaction.
SELECT 'no-synchronous-standby' AS code,
       format('The server waits at every commit for a synchronous standby (synchronous_standby_names: %s), and no standby '
              'is connected.', current_setting('synchronous_standby_names')) AS message,
       format('Start the standby, or take it off that list and reload the configuration. If this database may do without: '
              'ALTER ROLE %I IN DATABASE %I SET synchronous_commit = local; then connect anew.', session_user,
              current_database()) AS hint
 WHERE current_setting('synchronous_standby_names') <> ''
   AND current_setting('synchronous_commit') NOT IN ('off', 'local')
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_replication)
