-- Lanes of queues in queue-storage schema 'shop_queue', made by its owner: a runtime that found none would make them
-- itself, and own their sequences. Existing lanes are not touched: their sequences may be in use.
DO $awa_infra$
DECLARE
    lane record;
BEGIN
    FOR lane IN
        SELECT q.name || CASE WHEN q.stripes > 1 THEN '#' || stripe ELSE '' END AS queue,
               priority::smallint AS priority, shard::smallint AS shard
          FROM json_to_recordset('[{"name": "greetings", "priorities": [1, 2, 3, 4], "shards": 1, "stripes": 1}, {"name": "reports", "priorities": [1, 2], "shards": 2, "stripes": 1, "enqueue_shards": 2}]') AS q (name text, priorities int[], shards int, stripes int)
         CROSS JOIN LATERAL generate_series(0, q.stripes - 1) AS stripe
         CROSS JOIN LATERAL unnest(q.priorities) AS priority
         CROSS JOIN LATERAL generate_series(0, q.shards - 1) AS shard
         ORDER BY 1, 2, 3
    LOOP
        -- The lock under which Awa makes a new lane (0.6.9).
        PERFORM pg_advisory_xact_lock(
            hashtextextended(format('%s:%s:%s:%s', 'shop_queue', lane.queue, lane.priority, lane.shard), 0));
        -- Each is checked separately: the heads have triggers that set a sequence even where a conflict drops the row.
        INSERT INTO "shop_queue".queue_lanes (queue, priority)
        SELECT lane.queue, lane.priority
         WHERE NOT EXISTS (SELECT FROM "shop_queue".queue_lanes l
                            WHERE (l.queue, l.priority) = (lane.queue, lane.priority))
            ON CONFLICT DO NOTHING;
        INSERT INTO "shop_queue".queue_enqueue_heads (queue, priority, enqueue_shard)
        SELECT lane.queue, lane.priority, lane.shard
         WHERE NOT EXISTS (SELECT FROM "shop_queue".queue_enqueue_heads h
                            WHERE (h.queue, h.priority, h.enqueue_shard) = (lane.queue, lane.priority, lane.shard));
        INSERT INTO "shop_queue".queue_claim_heads (queue, priority, enqueue_shard)
        SELECT lane.queue, lane.priority, lane.shard
         WHERE NOT EXISTS (SELECT FROM "shop_queue".queue_claim_heads h
                            WHERE (h.queue, h.priority, h.enqueue_shard) = (lane.queue, lane.priority, lane.shard));
    END LOOP;
END
$awa_infra$;

-- How many shards producers spread a queue over, where that is declared; Awa's producers read it and otherwise use one.
-- Order is kept within each shard, not across them. A queue with stripes has a row for each. Other queues are left alone.
INSERT INTO awa.queue_meta (queue, enqueue_shards)
SELECT q.name || CASE WHEN q.stripes > 1 THEN '#' || stripe ELSE '' END, q.enqueue_shards
  FROM json_to_recordset('[{"name": "greetings", "priorities": [1, 2, 3, 4], "shards": 1, "stripes": 1}, {"name": "reports", "priorities": [1, 2], "shards": 2, "stripes": 1, "enqueue_shards": 2}]') AS q (name text, stripes int, enqueue_shards smallint)
 CROSS JOIN LATERAL generate_series(0, q.stripes - 1) AS stripe
 WHERE q.enqueue_shards IS NOT NULL
    ON CONFLICT (queue) DO UPDATE SET enqueue_shards = EXCLUDED.enqueue_shards
 WHERE queue_meta.enqueue_shards <> EXCLUDED.enqueue_shards
