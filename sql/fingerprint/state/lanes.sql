-- Lanes of schema {schema_name} whose heads name a sequence that does not exist.
SELECT {schema}::text AS schema, h.seq_name AS sequence
  FROM (SELECT seq_name FROM {schema_name}.queue_enqueue_heads
        UNION
        SELECT seq_name FROM {schema_name}.queue_claim_heads) h
 WHERE h.seq_name IS NOT NULL
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c
                     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                    WHERE n.nspname = {schema} AND c.relkind = 'S' AND c.relname = h.seq_name)
