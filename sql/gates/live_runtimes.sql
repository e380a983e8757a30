-- gate: live-runtimes
-- when: pending
-- unless: allow_live_runtimes
-- needs: awa.schema_version awa.runtime_instances
-- Some versions need every runtime to be stopped. (Of the releases known today none does.)
SELECT 'live-runtimes' AS code,
       format('Runtime %s (pid %s, Awa %s, seen %s s ago) is live, and version %s needs all of them to be away.',
              r.hostname, r.pid, r.version, extract(epoch FROM clock_timestamp() - r.last_seen_at)::int, e.version)
         AS message,
       'Stop the workers and wait 90 s, or overrule with --allow-live-runtimes.' AS hint
  FROM awa.runtime_instances r
 CROSS JOIN unnest({exclusive_versions}::int[]) AS e (version)
 WHERE r.last_seen_at > clock_timestamp() - interval '90 seconds'
   AND e.version > (SELECT max(version) FROM awa.schema_version)
   AND e.version <= {target_version}
