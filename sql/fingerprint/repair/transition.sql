-- Puts back the lost row of Awa's storage transition as Awa's migrations made it: jobs go to the canonical tables,
-- where they go without the row too. Activates nothing, and does nothing where a marker names a schema.
INSERT INTO awa.storage_transition_state (singleton, current_engine, prepared_engine, state, transition_epoch, details)
SELECT true, 'canonical', NULL, 'canonical', 0, '{}'::jsonb
 WHERE NOT EXISTS (SELECT FROM awa.runtime_storage_backends WHERE backend = 'queue_storage')
ON CONFLICT (singleton) DO NOTHING
