-- How many shards producers spread a queue over, where that is declared; Awa's producers read it and otherwise use one.
-- Order is kept within each shard, not across them. A queue with stripes has a row for each. Other queues are left alone.
INSERT INTO awa.queue_meta (queue, enqueue_shards)
SELECT q.name || CASE WHEN q.stripes > 1 THEN '#' || stripe ELSE '' END, q.enqueue_shards
  FROM json_to_recordset({queues}) AS q (name text, stripes int, enqueue_shards smallint)
 CROSS JOIN LATERAL generate_series(0, q.stripes - 1) AS stripe
 WHERE q.enqueue_shards IS NOT NULL
    ON CONFLICT (queue) DO UPDATE SET enqueue_shards = EXCLUDED.enqueue_shards
 WHERE queue_meta.enqueue_shards <> EXCLUDED.enqueue_shards
