-- How many slots the rings of schema {schema_name} have rows for, one more than the highest, and at which slot each is. That of
-- a table without the column, itself a finding, is not known.
SELECT {schema}::text AS schema,
       (SELECT max(slot) + 1 FROM {schema_name}.queue_ring_slots) AS queue_slots,
       (SELECT max(slot) + 1 FROM {schema_name}.lease_ring_slots) AS lease_slots,
       (SELECT max(slot) + 1 FROM {schema_name}.claim_ring_slots) AS claim_slots,
       (SELECT max(to_jsonb(r) ->> 'current_slot')::bigint FROM {schema_name}.queue_ring_state r) AS queue_position,
       (SELECT max(to_jsonb(r) ->> 'current_slot')::bigint FROM {schema_name}.lease_ring_state r) AS lease_position,
       (SELECT max(to_jsonb(r) ->> 'current_slot')::bigint FROM {schema_name}.claim_ring_state r) AS claim_position
