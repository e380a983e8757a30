-- gate: window-too-long
-- when: pending
-- for: engine
-- Locks that keep out producers and workers are held until the commit.
SELECT 'window-too-long' AS code,
       format('Producers and workers would wait for about %s s%s, from %s until the commit; the limit is %s s.',
              round(w.seconds, 1),
              CASE WHEN w.scans > 0
                   THEN format(', in which the installer scans about %s ready and done rows, each time that it runs counted',
                               round(w.scans)) ELSE '' END,
              w.first, {max_window}) AS message,
       CASE WHEN {transaction} = 'whole' AND {choice}
            THEN 'Do it while the queues are short, commit each migration with --transaction each, or raise --max-window.'
            ELSE 'Do it while the queues are short, or raise --max-window.' END AS hint
  FROM (SELECT h.* FROM (
{held}
                        ) AS h
         WHERE h.mode = {transaction}
         ORDER BY h.seconds DESC
         LIMIT 1) AS w
 WHERE w.seconds > {max_window} OR {max_window} = 0
