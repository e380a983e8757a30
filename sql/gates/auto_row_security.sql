-- gate: auto-row-security
-- when: pending
-- Such a trigger is meant for the tables of an application's API. Workers do not own Awa's tables, so without a policy
-- they would see no job and insert none.
SELECT 'auto-row-security' AS code,
       format('Event trigger %I of database %I enables row security on every new table, and so would keep workers from '
              'Awa''s jobs.', e.evtname, current_database()) AS message,
       format('As its owner: ALTER EVENT TRIGGER %1$I DISABLE; run this; ALTER EVENT TRIGGER %1$I ENABLE; or let function '
              '%2$s leave out schema awa and every custom queue-storage schema, by name.', e.evtname, p.oid::regprocedure)
         AS hint
  FROM pg_catalog.pg_event_trigger e
  JOIN pg_catalog.pg_proc p ON p.oid = e.evtfoid
 WHERE e.evtenabled IN ('O', 'A')
   AND e.evtevent = 'ddl_command_end'
   AND p.prosrc ~* 'enable[[:space:]]+row[[:space:]]+level[[:space:]]+security'
   AND p.prosrc !~ '(^|[^a-z_])awa([^a-z_]|$)'
