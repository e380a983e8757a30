-- note: duration
-- How long the whole plan takes on this database: what its steps were measured to take without jobs, and what they take
-- longer for the jobs that are here.
SELECT 'duration' AS code,
       format('About %s s on this database: %s s for the steps themselves (measured on %s), %s s for about %s jobs%s in schema awa, %s s for scanning queue storage.%s%s',
              round(({seconds} + c.jobs * {per_million} / 1e6 + q.scans * {row_seconds})::numeric, 1), {seconds}, {reference},
              round((c.jobs * {per_million} / 1e6)::numeric, 1), c.jobs,
              CASE WHEN c.by_size THEN ' (estimated from the size on disk: there are no statistics)' ELSE '' END,
              round((q.scans * {row_seconds})::numeric, 1),
              coalesce((SELECT CASE WHEN {transaction} = 'whole'
                                    THEN format(' From %s until the end, about %s s, %s wait.', w.first,
                                                round(w.seconds, 1), w.who)
                                    ELSE format(' For about %s s at most, during %s, %s wait.', round(w.seconds, 1),
                                                w.first, w.who) END
                          FROM (
{held}
                               ) AS w
                         WHERE w.mode = {transaction}
                         ORDER BY w.seconds DESC
                         LIMIT 1), ''),
              CASE WHEN {unmeasured} > 0
                   THEN format(' Not counted: %s steps that were never measured.', {unmeasured}) ELSE '' END) AS message
  FROM (
{jobs}
       ) AS c
 CROSS JOIN (SELECT coalesce(sum(e.rows * ({replays} + cardinality(array_positions({installs}::text[], e.schema)))), 0)
                      AS scans
               FROM (
{rows}
                    ) AS e) AS q
 WHERE {seconds} > 0
    OR {unmeasured} > 0
