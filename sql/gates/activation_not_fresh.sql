-- gate: activation-not-fresh
-- for: activation
-- Awa activates queue storage in one go only in a fresh database; otherwise jobs of before would be stranded.
SELECT 'activation-not-fresh' AS code,
       format('Queue storage cannot be activated in schema %I: %s.', {schema}, string_agg(x.reason, '; ')) AS message,
       'A database that has worked before takes the staged way: awa storage prepare, enter-mixed-transition, finalize.'
         AS hint
  FROM (SELECT 1 AS place, format('its storage state is %s%s', t.state,
                                  CASE WHEN t.prepared_engine IS NULL THEN ''
                                       ELSE format(' with engine %s prepared', t.prepared_engine) END) AS reason
          FROM awa.storage_transition_state t
         WHERE t.state <> 'canonical' OR t.prepared_engine IS NOT NULL
        UNION ALL
        SELECT 2, 'there are jobs in the canonical tables, finished ones included'
         WHERE EXISTS (SELECT FROM awa.jobs)
        UNION ALL
        SELECT 3, format('runtime %s (pid %s) was seen %s s ago, less than 90', r.hostname, r.pid,
                         extract(epoch FROM clock_timestamp() - r.last_seen_at)::int)
          FROM awa.runtime_instances r
         WHERE r.last_seen_at > clock_timestamp() - interval '90 seconds'
         ORDER BY 1, 2) x
HAVING count(*) > 0
