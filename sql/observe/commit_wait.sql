-- Whether a session waits for a synchronous standby to confirm its commit.
SELECT current_setting('synchronous_standby_names') AS standbys
  FROM pg_catalog.pg_stat_activity
 WHERE pid = {pid}
   AND wait_event = 'SyncRep'
