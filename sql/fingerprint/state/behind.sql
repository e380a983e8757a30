-- Sequences whose next number rows have already, as a partial restore or logical replication leaves them: what takes its
-- number from one fails with a duplicate key, or is never claimed. A sequence that is ahead is normal, so only the highest
-- row counts. It is found by an index, in each partition that has any page; without that index, itself a finding, nothing
-- is read. A role that may not read a table or a sequence has that as a row: it was not checked. Nor may anybody read one that
-- is not logged, itself a finding, on a standby.
-- Only ts_stat runs a query that is made meanwhile without a procedural language; its words are the texts.
SELECT b.schema, b.part, b.object, b.definition
  FROM (
WITH feeds AS MATERIALIZED (
    SELECT s.schema, f.relname, c.oid, c.relkind, f.sequence, f.slot, f.key, f.number, f.columns, q.oid AS sequence_oid,
           format('%I.%I', s.schema, f.relname) AS name,
           has_schema_privilege(s.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AND NOT row_security_active(c.oid)
           AND NOT (c.relpersistence = 'u' AND pg_is_in_recovery()) AS readable
      FROM (VALUES
        -- Without a sequence: each lane has one of its own.
        (NULL, 'ready_entries', 'ready_slot', 'queue,priority,enqueue_shard,lane_seq', 'lane_seq',
         'ready_slot integer, queue text, priority smallint, enqueue_shard smallint, lane_seq bigint'),
        ('job_id_seq', 'ready_entries', 'ready_slot', 'job_id', 'job_id', 'ready_slot integer, job_id bigint'),
        ('job_id_seq', 'done_entries', 'ready_slot', 'job_id', 'job_id', 'ready_slot integer, job_id bigint'),
        ('job_id_seq', 'deferred_jobs', NULL, 'job_id', 'job_id', 'job_id bigint'),
        ('job_id_seq', 'dlq_entries', NULL, 'job_id', 'job_id', 'job_id bigint'),
        ('jobs_id_seq', 'jobs_hot', NULL, 'id', 'id', 'id bigint'),
        ('jobs_id_seq', 'scheduled_jobs', NULL, 'id', 'id', 'id bigint'),
        ('lease_claim_batch_id_seq', 'lease_claim_batches', 'claim_slot', 'batch_id', 'batch_id',
         'claim_slot integer, batch_id bigint'),
        ('lease_claim_closure_batch_id_seq', 'lease_claim_closure_batches', 'claim_slot', 'batch_id', 'batch_id',
         'claim_slot integer, batch_id bigint'),
        ('ready_claim_attempt_batch_id_seq', 'ready_claim_attempt_batches', 'ready_slot', 'batch_id', 'batch_id',
         'ready_slot integer, batch_id bigint'),
        ('receipt_completion_batch_id_seq', 'receipt_completion_batches', 'ready_slot', 'batch_id', 'batch_id',
         'ready_slot integer, batch_id bigint'),
        -- Receipts have no index by their number: the newest claims have the highest ones, or nearly.
        ('lease_claim_receipt_id_seq', 'lease_claim_batches', 'claim_slot', 'batch_id', 'upper(receipt_ranges) - 1',
         'claim_slot integer, batch_id bigint, receipt_ranges int8multirange'),
        ('lease_claim_receipt_id_seq', 'lease_claims', 'claim_slot', 'claimed_at', 'receipt_id',
         'claim_slot integer, claimed_at timestamp with time zone, receipt_id bigint')
        ) AS f (sequence, relname, slot, key, number, columns)
     CROSS JOIN spaces s
      JOIN pg_catalog.pg_class c ON c.relname = f.relname::name AND c.relnamespace = s.oid AND c.relkind IN ('r', 'p')
      LEFT JOIN pg_catalog.pg_class q ON q.relname = f.sequence::name AND q.relnamespace = s.oid AND q.relkind = 'S'
                                     AND NOT (q.relpersistence = 'u' AND pg_is_in_recovery())
     WHERE f.sequence IS NULL OR q.oid IS NOT NULL
), heads AS MATERIALIZED (
    -- A sequence that was read stays locked until the transaction ends: two of each lane, in half of the lock table.
    SELECT s.schema, s.oid AS space, format('%I.%I', s.schema, e.relname) AS enqueue, m.most,
           format('(SELECT * FROM %I.%I ORDER BY queue, priority, enqueue_shard LIMIT %s)', s.schema, e.relname, m.most)
           AS lanes, format('%I.%I', s.schema, c.relname) AS claim
      FROM spaces s
      JOIN pg_catalog.pg_class e ON e.relname = 'queue_enqueue_heads' AND e.relnamespace = s.oid AND e.relkind = 'r'
      JOIN pg_catalog.pg_class c ON c.relname = 'queue_claim_heads' AND c.relnamespace = s.oid AND c.relkind = 'r'
     CROSS JOIN (SELECT current_setting('max_locks_per_transaction')::bigint
                        * (current_setting('max_connections')::int + current_setting('max_prepared_transactions')::int)
                        / 4 AS most) m
     WHERE pg_catalog.pg_relation_size(e.oid) > 0
       AND has_schema_privilege(s.oid, 'USAGE')
       AND 2 = (SELECT count(*)
                  FROM (VALUES (e.oid, e.relpersistence), (c.oid, c.relpersistence)) AS h (oid, relpersistence)
                 WHERE has_table_privilege(h.oid, 'SELECT') AND NOT row_security_active(h.oid)
                   AND NOT (h.relpersistence = 'u' AND pg_is_in_recovery())
                   AND 4 = (SELECT count(*)
                              FROM pg_catalog.pg_attribute a
                             WHERE a.attrelid = h.oid AND NOT a.attisdropped
                               AND a.attname || ' ' || pg_catalog.format_type(a.atttypid, NULL) IN (
                                   'queue text', 'priority smallint', 'enqueue_shard smallint', 'seq_name text')))
), leaves AS MATERIALIZED (
    SELECT f.*, CASE WHEN f.slot IS NULL THEN '' ELSE format('r.%I = %s AND ', f.slot, l.value) END AS filter
      FROM feeds f
     CROSS JOIN LATERAL (
        SELECT f.oid, NULL AS value
         WHERE f.relkind = 'r' AND f.slot IS NULL
        UNION ALL
        SELECT c.oid, substring(pg_catalog.pg_get_expr(c.relpartbound, c.oid) FROM '^FOR VALUES IN \((-?[0-9]+)\)$')
          FROM pg_catalog.pg_inherits i
          JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
         WHERE f.relkind = 'p' AND f.slot IS NOT NULL AND i.inhparent = f.oid AND c.relkind = 'r'
           AND NOT (c.relpersistence = 'u' AND pg_is_in_recovery())) l
     WHERE f.readable AND (f.slot IS NULL OR l.value IS NOT NULL)
       AND pg_catalog.pg_relation_size(l.oid) > 0
       -- Where a table is not as Awa makes it, that is what is reported.
       AND NOT EXISTS (SELECT FROM unnest(string_to_array(f.columns, ', ')) AS w (wanted)
                        WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a
                                           WHERE a.attrelid = f.oid AND NOT a.attisdropped
                                             AND a.attname || ' ' || pg_catalog.format_type(a.atttypid, NULL) = w.wanted))
       AND EXISTS (SELECT FROM pg_catalog.pg_index i
                     JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
                     JOIN pg_catalog.pg_am m ON m.oid = x.relam AND m.amname = 'btree'
                    CROSS JOIN LATERAL (
                        SELECT string_agg(coalesce(a.attname::text, ''), ',' ORDER BY k.place) || ',' AS keys
                          FROM unnest(i.indkey) WITH ORDINALITY AS k (attnum, place)
                          LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = l.oid AND a.attnum = k.attnum) k
                    WHERE i.indrelid = l.oid AND i.indisvalid AND i.indpred IS NULL
                      AND (starts_with(k.keys, f.key || ',') OR starts_with(k.keys, f.slot || ',' || f.key || ',')))
), questions AS MATERIALIZED (
    SELECT l.schema, l.relname, l.sequence,
           CASE WHEN l.sequence_oid IS NULL OR has_sequence_privilege(l.sequence_oid, 'SELECT')
                THEN format('SELECT array_to_tsvector(ARRAY[json_build_array(%L, m.number)::text]) '
                            'FROM (SELECT %s AS number FROM %s r WHERE %sr.%I IS NOT NULL ORDER BY r.%5$I DESC LIMIT 1) m '
                            'WHERE m.number > coalesce(pg_catalog.pg_sequence_last_value(%s), 0)', l.sequence, l.number,
                            l.name, l.filter, l.key, l.sequence_oid) END AS text
      FROM leaves l
     WHERE l.sequence IS NOT NULL
    UNION ALL
    SELECT l.schema, l.relname, NULL,
           format('SELECT array_to_tsvector(ARRAY[json_build_array(h.seq_name, m.lane_seq, left(h.queue, 100), '
                  'h.priority, h.enqueue_shard)::text]) FROM %s h '
                  'JOIN pg_catalog.pg_class c ON c.relname = left(h.seq_name, 63)::name AND c.relnamespace = %s '
                  'AND c.relkind = ''S'' CROSS JOIN LATERAL (SELECT r.lane_seq FROM %s r WHERE %sr.queue = h.queue '
                  'AND r.priority = h.priority AND r.enqueue_shard = h.enqueue_shard ORDER BY r.lane_seq DESC LIMIT 1) m '
                  'WHERE CASE WHEN has_sequence_privilege(c.oid, ''SELECT'') '
                  'THEN m.lane_seq > coalesce(pg_catalog.pg_sequence_last_value(c.oid), 0) END', h.lanes,
                  h.space, l.name, l.filter)
      FROM leaves l
      JOIN heads h ON h.schema = l.schema
     WHERE l.sequence IS NULL
    UNION ALL
    -- Jobs whose number was claimed already are never looked at. Claims are read first: they follow.
    SELECT h.schema, 'queue_claim_heads', NULL,
           format('SELECT array_to_tsvector(ARRAY[json_build_array(m.seq_name, m.claimed, left(m.queue, 100), '
                  'm.priority, m.enqueue_shard)::text]) FROM (SELECT e.seq_name, h.queue, h.priority, h.enqueue_shard, '
                  'CASE WHEN has_sequence_privilege(c.oid, ''SELECT'') THEN pg_catalog.pg_sequence_last_value(c.oid) END '
                  'AS claimed FROM %s h JOIN %s e ON e.queue = h.queue AND e.priority = h.priority '
                  'AND e.enqueue_shard = h.enqueue_shard '
                  'JOIN pg_catalog.pg_class c ON c.relname = left(h.seq_name, 63)::name AND c.relnamespace = %s '
                  'AND c.relkind = ''S'' OFFSET 0) m '
                  'JOIN pg_catalog.pg_class c ON c.relname = left(m.seq_name, 63)::name AND c.relnamespace = %3$s '
                  'AND c.relkind = ''S'' WHERE CASE WHEN m.claimed > 0 AND has_sequence_privilege(c.oid, ''SELECT'') '
                  'THEN m.claimed > coalesce(pg_catalog.pg_sequence_last_value(c.oid), 0) END', h.claim, h.lanes,
                  h.space)
      FROM heads h
), found AS MATERIALIZED (
    SELECT DISTINCT ON (q.schema, v.sequence) q.schema, v.sequence, v.number, q.relname, v.answer
      FROM questions q
     CROSS JOIN LATERAL ts_stat(q.text) AS s
     CROSS JOIN LATERAL (SELECT s.word::json AS answer, s.word::json ->> 0 AS sequence,
                                (s.word::json ->> 1)::bigint AS number) v
     ORDER BY q.schema, v.sequence, v.number DESC
), certain AS MATERIALIZED (
    -- A sequence that was set or restarted and not used since has a number that no function says.
    SELECT f.*, coalesce(pg_catalog.pg_sequence_last_value(r.oid) + 1,
                         (SELECT s.word::bigint
                            FROM ts_stat(format('SELECT array_to_tsvector(ARRAY[last_value::text]) FROM %I.%I',
                                                f.schema, f.sequence)) AS s)) AS next
      FROM found f
      JOIN relations r ON r.schema = f.schema AND r.relname = f.sequence AND r.relkind = 'S'
                      AND NOT (r.relpersistence = 'u' AND pg_is_in_recovery())
)
SELECT c.schema, 'behind' AS part, c.sequence AS object,
       json_build_object('next', c.next, 'highest', c.number, 'table', c.relname, 'queue', c.answer ->> 2,
                         'priority', (c.answer ->> 3)::int, 'shard', (c.answer ->> 4)::int)::text AS definition
  FROM certain c
 WHERE c.number >= c.next
UNION ALL
SELECT DISTINCT f.schema, 'unread', f.relname, ''
  FROM feeds f
 WHERE NOT f.readable
UNION ALL
SELECT h.schema, 'unread', '#', h.most::text
  FROM heads h
 WHERE h.most < (SELECT s.word::bigint
                   FROM ts_stat(format('SELECT array_to_tsvector(ARRAY[count(*)::text]) FROM %s', h.enqueue)) AS s)
UNION ALL
SELECT r.schema, 'unread', '', count(*)::text
  FROM relations r
 WHERE r.relkind = 'S'
   AND (r.relname ~ '^queue_(enqueue|claim)_seq_[0-9a-f]{{32}}$' OR r.relname IN (SELECT f.sequence FROM feeds f))
   AND NOT (has_schema_privilege(r.relnamespace, 'USAGE') AND has_sequence_privilege(r.oid, 'SELECT'))
 GROUP BY r.schema
  ) b
