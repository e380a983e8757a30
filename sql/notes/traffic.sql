-- note: traffic
-- needs: awa.runtime_instances
-- What each way to commit costs the live runtimes. A session that prepares a call of a function of Awa while it waits for
-- a lock of the transaction which replaces that function keeps the old one: PostgreSQL does not look it up again.
SELECT 'traffic' AS code,
       format('%s runtimes are live. %s%s', l.live,
              CASE WHEN w.mode IS NULL THEN ''
                   ELSE format('With transaction whole %s wait for about %s s at once, from %s until the commit%s; sessions that connect meanwhile may fail after it ("cache lookup failed for function") until they connect anew, so restart producers then. ',
                               w.who, round(w.seconds, 1), w.first,
                               CASE WHEN {transaction} = 'whole' THEN ' (as chosen)' ELSE '' END) END,
              CASE WHEN e.mode IS NULL THEN ''
                   ELSE format('With transaction each, which commits every migration by itself, they wait %s times, at most about %s s at once (%s)%s; an interrupted run keeps what it has committed.',
                               e.times, round(e.seconds, 1), e.first,
                               CASE WHEN {transaction} = 'each' THEN ' (as chosen)' ELSE '' END) END) AS message
  FROM (SELECT count(*) AS live FROM awa.runtime_instances r
         WHERE r.last_seen_at > clock_timestamp() - interval '90 seconds') AS l
 CROSS JOIN (SELECT h.* FROM (
{held}
                             ) AS h
              WHERE h.mode = 'whole' ORDER BY h.seconds DESC LIMIT 1) AS w
 CROSS JOIN (SELECT h.*, count(*) OVER () AS times FROM (
{held}
                             ) AS h
              WHERE h.mode = 'each' ORDER BY h.seconds DESC LIMIT 1) AS e
 WHERE l.live > 0
