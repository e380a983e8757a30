-- gate: guard-other-owner
-- per: guard
-- for: engine
-- Superusers run the function of a guard, and its owner or that of its schema could replace it.
SELECT 'guard-other-owner' AS code,
       format('In database %I, %s, which is no superuser. Superusers would run what that role puts there.',
              current_database(),
              string_agg(format('%s belongs to role %I', stranger.thing, stranger.owner), ' and ' ORDER BY stranger.thing DESC))
         AS message,
       format('Look at what is there. Then, as a superuser: %sDROP SCHEMA awa_infra_guard CASCADE; and run the same again.',
              (SELECT string_agg(format('DROP EVENT TRIGGER IF EXISTS %I; ', t.evtname), '' ORDER BY t.evtname)
                 FROM pg_catalog.pg_event_trigger t
                 JOIN pg_catalog.pg_proc p ON p.oid = t.evtfoid
                 JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
                WHERE n.nspname = 'awa_infra_guard')) AS hint
  FROM (
{strangers}
       ) AS stranger
HAVING count(*) > 0
