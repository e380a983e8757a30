-- Sequences that have given more than half of their numbers. At a million a second that takes 146,000 years, so one was set
-- by mistake; at its end every statement that takes a number fails (PostgreSQL's CREATE SEQUENCE, NO CYCLE). Those of lanes are
-- read where the lock table has room for them, as in behind.sql: one that was read stays locked until the transaction ends.
SELECT r.schema, 'exhausted' AS part, r.relname AS object, n.last::text AS definition
  FROM (SELECT r.*, count(*) OVER (PARTITION BY r.schema) AS many
          FROM relations r
         WHERE r.relkind = 'S' AND NOT (r.relpersistence = 'u' AND pg_is_in_recovery())) r
 CROSS JOIN LATERAL (
        SELECT CASE WHEN (r.relname !~ '^queue_(enqueue|claim)_seq_[0-9a-f]{{32}}$'
                          OR r.many <= 16 + current_setting('max_locks_per_transaction')::bigint
                                       * (current_setting('max_connections')::int
                                          + current_setting('max_prepared_transactions')::int) / 2)
                         AND has_schema_privilege(r.relnamespace, 'USAGE') AND has_sequence_privilege(r.oid, 'SELECT')
                    THEN pg_catalog.pg_sequence_last_value(r.oid) END AS last) n
 WHERE n.last > 4611686018427387904
