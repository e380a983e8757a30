-- gate: shards-not-drained
-- per: queues
-- needs: awa.queue_meta {schema}.queue_claim_heads {schema}.queue_enqueue_heads
-- Fewer shards than there are: Awa allows it once nothing is left in the shards above (its ADR 25).
SELECT 'shards-not-drained' AS code,
       format('Queue %s in schema %I is to go from %s to %s enqueue shards, and %s of its lanes above still hold jobs that no worker has claimed.',
              l.queue, {schema}, min(l.shards), min(l.wanted), count(*)) AS message,
       format('Stop the producers of %s until its workers have claimed those jobs, then run the same again; or declare %s shards.',
              l.queue, min(l.shards)) AS hint
  FROM (SELECT w.queue, m.enqueue_shards AS shards, w.enqueue_shards AS wanted,
               {schema_name}.sequence_next_value(c.seq_name) AS claimed,
               {schema_name}.sequence_next_value(e.seq_name) AS enqueued
          FROM (SELECT q.name || CASE WHEN q.stripes > 1 THEN '#' || stripe ELSE '' END AS queue, q.enqueue_shards
                  FROM json_to_recordset({queues}) AS q (name text, stripes int, enqueue_shards smallint)
                 CROSS JOIN LATERAL generate_series(0, q.stripes - 1) AS stripe) w
          JOIN awa.queue_meta m ON m.queue = w.queue AND m.enqueue_shards > w.enqueue_shards
          JOIN {schema_name}.queue_claim_heads c ON c.queue = w.queue AND c.enqueue_shard >= w.enqueue_shards
          JOIN {schema_name}.queue_enqueue_heads e
                 ON (e.queue, e.priority, e.enqueue_shard) = (c.queue, c.priority, c.enqueue_shard)
         WHERE c.seq_name IS NOT NULL AND e.seq_name IS NOT NULL) l
 WHERE l.claimed < l.enqueued
 GROUP BY l.queue
