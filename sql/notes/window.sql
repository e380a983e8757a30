-- note: window
-- How often the plan scans the ready and done rows of each queue-storage schema: every replay of the installer does, in
-- migrations those of every schema. The rate was measured.
SELECT 'window' AS code,
       format('Schema %I: about %s ready and done rows%s are scanned %s times, about %s s.',
              w.schema, w.rows,
              CASE WHEN w.by_size THEN ' (estimated from the size on disk: there are no statistics)' ELSE '' END,
              r.replays, ceil(w.rows * r.replays * {row_seconds})) AS message
  FROM (
{rows}
       ) AS w
 CROSS JOIN LATERAL (SELECT {replays} + cardinality(array_positions({installs}::text[], w.schema)) AS replays) AS r
 WHERE r.replays > 0
   AND w.rows > 0
