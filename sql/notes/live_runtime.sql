-- note: live-runtime
-- needs: awa.runtime_instances
SELECT 'live-runtime' AS code,
       format('Runtime %s (pid %s, Awa %s) is live, seen %s s ago%s.', r.hostname, r.pid, r.version,
              extract(epoch FROM clock_timestamp() - r.last_seen_at)::int,
              CASE WHEN r.leader THEN ', leader' ELSE '' END) AS message
  FROM awa.runtime_instances r
 WHERE r.last_seen_at > clock_timestamp() - interval '90 seconds'
 ORDER BY r.last_seen_at DESC
 LIMIT 20
