-- For how long each transaction of a plan holds locks on what producers and workers use. Seconds were measured without
-- jobs. Every replay of the queue-storage installer scans the ready and done rows of all its schemas.
SELECT h.mode, h.first, h.who, h.unmeasured, s.scans,
       (h.seconds + j.jobs * h.per_million / 1e6 + s.scans * {row_seconds})::numeric AS seconds
  FROM json_to_recordset({holds}::json)
       AS h (mode text, first text, who text, seconds float8, per_million float8, replays int, installs text[],
             certain boolean, unmeasured int)
 CROSS JOIN (
{jobs}
            ) AS j
 CROSS JOIN LATERAL (SELECT coalesce(sum(e.rows * (h.replays + cardinality(array_positions(h.installs, e.schema)))), 0)
                              AS scans,
                            coalesce(bool_or(e.schema = ANY (h.installs)), false) AS there
                       FROM (
{rows}
                            ) AS e) AS s
 WHERE h.certain OR s.there
