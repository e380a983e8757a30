-- gate: queue-storage-shape
-- per: queue-storage
-- needs: {schema}.queue_ring_state {schema}.lease_ring_state {schema}.claim_ring_state
-- Awa records the slot counts at the first installation and silently ignores other ones later.
SELECT 'queue-storage-shape' AS code,
       format('Queue-storage schema %I has %s/%s/%s slots %s receipts, but %s/%s/%s %s receipts is declared.',
              {schema}, q.slot_count, l.slot_count, c.slot_count,
              CASE WHEN r.receipts THEN 'with' ELSE 'without' END,
              {queue_slots}, {lease_slots}, {claim_slots},
              CASE WHEN {receipts} THEN 'with' ELSE 'without' END) AS message,
       'Slot counts and receipts cannot be changed: ask for the recorded ones, or declare a new schema beside it.'
         AS hint
  FROM {schema_name}.queue_ring_state q
 CROSS JOIN {schema_name}.lease_ring_state l
 CROSS JOIN {schema_name}.claim_ring_state c
 CROSS JOIN (SELECT coalesce(bool_or(p.prosrc ~* 'insert into [^ ]*lease_claim'), {receipts}) AS receipts
               FROM pg_catalog.pg_proc p
               JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
              WHERE n.nspname = {schema} AND p.proname = 'claim_ready_runtime') r
 WHERE (q.slot_count, l.slot_count, c.slot_count, r.receipts)
       IS DISTINCT FROM ({queue_slots}, {lease_slots}, {claim_slots}, {receipts})
