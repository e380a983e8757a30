-- Change 040005_lanes_slow_queue.
-- One transaction, under Awa's migration lock, after the conditions were checked.
BEGIN;
\ir ../awa_infra/lock.sql
\ir ../awa_infra/preflight.sql
\ir ../awa_infra/stop.sql

-- What comes now is run as it was published:
-- Lanes of queues in queue-storage schema 'slow_queue', made by its owner: a runtime that found none would make them
-- itself, and own their sequences. Existing lanes are not touched: their sequences may be in use.
DO $awa_infra$
DECLARE
    lane record;
BEGIN
    FOR lane IN
        SELECT q.name || CASE WHEN q.stripes > 1 THEN '#' || stripe ELSE '' END AS queue,
               priority::smallint AS priority, shard::smallint AS shard
          FROM json_to_recordset('[{"name": "archive", "priorities": [1, 2, 3, 4], "shards": 1, "stripes": 1}]') AS q (name text, priorities int[], shards int, stripes int)
         CROSS JOIN LATERAL generate_series(0, q.stripes - 1) AS stripe
         CROSS JOIN LATERAL unnest(q.priorities) AS priority
         CROSS JOIN LATERAL generate_series(0, q.shards - 1) AS shard
         ORDER BY 1, 2, 3
    LOOP
        -- The lock under which Awa makes a new lane (0.6.9).
        PERFORM pg_advisory_xact_lock(
            hashtextextended(format('%s:%s:%s:%s', 'slow_queue', lane.queue, lane.priority, lane.shard), 0));
        -- Each is checked separately: the heads have triggers that set a sequence even where a conflict drops the row.
        INSERT INTO "slow_queue".queue_lanes (queue, priority)
        SELECT lane.queue, lane.priority
         WHERE NOT EXISTS (SELECT FROM "slow_queue".queue_lanes l
                            WHERE (l.queue, l.priority) = (lane.queue, lane.priority))
            ON CONFLICT DO NOTHING;
        INSERT INTO "slow_queue".queue_enqueue_heads (queue, priority, enqueue_shard)
        SELECT lane.queue, lane.priority, lane.shard
         WHERE NOT EXISTS (SELECT FROM "slow_queue".queue_enqueue_heads h
                            WHERE (h.queue, h.priority, h.enqueue_shard) = (lane.queue, lane.priority, lane.shard));
        INSERT INTO "slow_queue".queue_claim_heads (queue, priority, enqueue_shard)
        SELECT lane.queue, lane.priority, lane.shard
         WHERE NOT EXISTS (SELECT FROM "slow_queue".queue_claim_heads h
                            WHERE (h.queue, h.priority, h.enqueue_shard) = (lane.queue, lane.priority, lane.shard));
    END LOOP;
END
$awa_infra$

;
COMMIT;
