-- gate: no-synchronous-standby
-- when: pending
-- The commit would wait for ever, and all other sessions behind the locks of its transaction. Without a number the list
-- needs one of its standbys. Other receivers, such as a backup, do not count: a role without pg_read_all_stats tells them
-- by their names alone.
SELECT 'no-synchronous-standby' AS code,
       format('The server waits at every commit for a synchronous standby (synchronous_standby_names: %s), and %s of the %s '
              'that it needs %s connected.', s.list, r.connected, s.needed,
              CASE WHEN r.connected = 1 THEN 'is' ELSE 'are' END) AS message,
       format('Start the standby, or take it off that list and reload the configuration. If this database may do without: '
              'ALTER ROLE %I IN DATABASE %I SET synchronous_commit = local; then connect anew.', session_user,
              current_database()) AS hint
  FROM (SELECT x.list,
               coalesce(substring(x.list FROM '(?i)^\s*(?:(?:first|any)\s+)?([0-9]+)\s*\(')::int, 1) AS needed,
               ARRAY(SELECT lower(btrim(n.name, ' "'))
                       FROM regexp_split_to_table(
                                regexp_replace(x.list, '(?i)^\s*(?:(?:first|any)\s+)?[0-9]+\s*\(|\)\s*$', '', 'g'),
                                ',') AS n (name)) AS names
          FROM (SELECT current_setting('synchronous_standby_names') AS list) x) s
 CROSS JOIN LATERAL (
        SELECT count(*) AS connected
          FROM pg_catalog.pg_stat_replication w
         WHERE CASE WHEN w.sync_state IS NULL THEN lower(w.application_name) = ANY (s.names) OR '*' = ANY (s.names)
                    ELSE w.sync_state IN ('sync', 'quorum', 'potential') END) r
 WHERE s.list <> ''
   AND current_setting('synchronous_commit') NOT IN ('off', 'local')
   AND r.connected < s.needed
