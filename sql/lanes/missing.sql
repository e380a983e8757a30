-- Which lanes of the declared queues are missing in queue-storage schema {schema}, and which queues have another number
-- of shards than the declared one: rows (step, name, absent, text).
SELECT {step}::text AS step, w.name, false AS absent,
       format('queue %s lacks %s lanes in schema %s', w.name, count(*), {schema}) AS text
  FROM (SELECT q.name, q.name || CASE WHEN q.stripes > 1 THEN '#' || stripe ELSE '' END AS queue, priority, shard
          FROM json_to_recordset({queues}) AS q (name text, priorities int[], shards int, stripes int)
         CROSS JOIN LATERAL generate_series(0, q.stripes - 1) AS stripe
         CROSS JOIN LATERAL unnest(q.priorities) AS priority
         CROSS JOIN LATERAL generate_series(0, q.shards - 1) AS shard) w
 WHERE NOT (EXISTS (SELECT FROM {schema_name}.queue_lanes l WHERE l.queue = w.queue AND l.priority = w.priority)
            AND EXISTS (SELECT FROM {schema_name}.queue_enqueue_heads h
                         WHERE h.queue = w.queue AND h.priority = w.priority AND h.enqueue_shard = w.shard)
            AND EXISTS (SELECT FROM {schema_name}.queue_claim_heads h
                         WHERE h.queue = w.queue AND h.priority = w.priority AND h.enqueue_shard = w.shard))
 GROUP BY w.name
UNION ALL
SELECT {step}::text, w.name, false,
       format('queue %s has %s enqueue shards, and %s are declared', w.queue, coalesce(m.enqueue_shards, 1), w.enqueue_shards)
  FROM (SELECT q.name, q.name || CASE WHEN q.stripes > 1 THEN '#' || stripe ELSE '' END AS queue, q.enqueue_shards
          FROM json_to_recordset({queues}) AS q (name text, stripes int, enqueue_shards smallint)
         CROSS JOIN LATERAL generate_series(0, q.stripes - 1) AS stripe
         WHERE q.enqueue_shards IS NOT NULL) w
  LEFT JOIN awa.queue_meta m ON m.queue = w.queue
 WHERE coalesce(m.enqueue_shards, 1) <> w.enqueue_shards
