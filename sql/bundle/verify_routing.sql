-- Where new jobs go. This bundle never changes it; on a new database it is canonical until the first worker starts.
SELECT {what}, NULL, t.state || ', engine ' || t.current_engine
  FROM awa.storage_transition_state t
