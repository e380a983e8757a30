SELECT {what}, {wanted},
       format('%s/%s/%s %s', q.slot_count, l.slot_count, c.slot_count,
              (SELECT bool_or(p.prosrc ~* 'insert into [^ ]*lease_claim')
                 FROM pg_catalog.pg_proc p
                 JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
                WHERE n.nspname = {schema} AND p.proname = 'claim_ready_runtime'))
  FROM {schema_name}.queue_ring_state q
 CROSS JOIN {schema_name}.lease_ring_state l
 CROSS JOIN {schema_name}.claim_ring_state c
