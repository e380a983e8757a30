-- Settings under which the server prints definitions the same way for everybody; only for this transaction.
-- The last four: every part follows indexes from the objects of a schema, which the planner, without statistics as in a
-- fresh database, takes for slower than reading the whole catalog.
SELECT set_config('search_path', '', true),
       set_config('quote_all_identifiers', 'off', true),
       set_config('DateStyle', 'ISO, MDY', true),
       set_config('IntervalStyle', 'postgres', true),
       set_config('TimeZone', 'UTC', true),
       set_config('extra_float_digits', '1', true),
       set_config('bytea_output', 'hex', true),
       set_config('jit', 'off', true),
       set_config('enable_nestloop', 'on', true),
       set_config('enable_hashjoin', 'off', true),
       set_config('enable_mergejoin', 'off', true),
       set_config('enable_seqscan', 'off', true)
