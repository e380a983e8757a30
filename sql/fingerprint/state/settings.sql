-- What the session's settings (session/settings.sql) leave open, only for this transaction: times are printed the same
-- way in every session. And every part follows indexes from the objects of a schema, which the planner, without statistics
-- as in a fresh database, takes for slower than reading the whole catalog.
SELECT set_config('TimeZone', 'UTC', true),
       set_config('enable_nestloop', 'on', true),
       set_config('enable_hashjoin', 'off', true),
       set_config('enable_mergejoin', 'off', true),
       set_config('enable_seqscan', 'off', true)
