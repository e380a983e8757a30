-- How many slots the rings of schema {schema_name} have rows for: one more than the highest.
SELECT {schema}::text AS schema,
       (SELECT max(slot) + 1 FROM {schema_name}.queue_ring_slots) AS queue_slots,
       (SELECT max(slot) + 1 FROM {schema_name}.lease_ring_slots) AS lease_slots,
       (SELECT max(slot) + 1 FROM {schema_name}.claim_ring_slots) AS claim_slots
