-- The event trigger whose function an error arose in, by the context {context} of the error.
SELECT format('%I', t.evtname) AS trigger, pg_catalog.pg_get_userbyid(t.evtowner)::text AS owner
  FROM pg_catalog.pg_event_trigger t
  JOIN pg_catalog.pg_proc p ON p.oid = t.evtfoid
  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
 WHERE strpos({context}, format(' function %I.%I() line ', n.nspname, p.proname)) > 0
 ORDER BY t.evtname
 LIMIT 1
