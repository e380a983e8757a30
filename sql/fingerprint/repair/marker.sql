-- Puts back the lost marker of queue storage. The storage-transition row already routes jobs to {schema}: this
-- switches nothing, and does nothing if that row names something else or a marker exists.
INSERT INTO awa.runtime_storage_backends (backend, schema_name)
SELECT 'queue_storage', t.details ->> 'schema'
  FROM awa.storage_transition_state t
 WHERE t.state IN ('mixed_transition', 'active')
   AND t.details ->> 'schema' = {schema}
   AND awa.active_queue_storage_schema() = {schema}
ON CONFLICT (backend) DO NOTHING
