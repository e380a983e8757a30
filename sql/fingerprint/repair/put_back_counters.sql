-- Puts the counters of ended jobs of queue-storage schema {schema} back as they were.
DELETE FROM {schema_name}.queue_terminal_live_counts;
INSERT INTO {schema_name}.queue_terminal_live_counts SELECT * FROM pg_temp.{counters};
UPDATE {schema_name}.queue_ring_state
   SET terminal_counter_trusted_at = kept.trusted_at
  FROM pg_temp.{trust} kept
 WHERE terminal_counter_trusted_at IS DISTINCT FROM kept.trusted_at;
