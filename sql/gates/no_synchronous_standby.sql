-- gate: no-synchronous-standby
-- when: pending
-- The commit would wait for ever, and all other sessions behind the locks of its transaction. Without a number the list
-- needs one of its standbys. Other receivers, such as a backup, do not count; a role without pg_read_all_stats sees
-- that they are there, but not which they are.
SELECT 'no-synchronous-standby' AS code,
       format('The server waits at every commit for a synchronous standby (synchronous_standby_names: %s), and %s of the %s '
              'that it needs %s connected.', s.names, r.connected, s.needed,
              CASE WHEN r.connected = 1 THEN 'is' ELSE 'are' END) AS message,
       format('Start the standby, or take it off that list and reload the configuration. If this database may do without: '
              'ALTER ROLE %I IN DATABASE %I SET synchronous_commit = local; then connect anew.', session_user,
              current_database()) AS hint
  FROM (SELECT current_setting('synchronous_standby_names') AS names,
               coalesce(substring(current_setting('synchronous_standby_names')
                                  FROM '(?i)^\s*(?:(?:first|any)\s+)?([0-9]+)\s*\(')::int, 1) AS needed) s
 CROSS JOIN (SELECT count(*) FILTER (WHERE w.sync_state IN ('sync', 'quorum', 'potential')) AS connected,
                    count(*) FILTER (WHERE w.sync_state IS NULL) AS unknown
               FROM pg_catalog.pg_stat_replication w) r
 WHERE s.names <> ''
   AND current_setting('synchronous_commit') NOT IN ('off', 'local')
   AND r.connected < s.needed
   AND r.unknown = 0
