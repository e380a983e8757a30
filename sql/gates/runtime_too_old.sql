-- gate: runtime-too-old
-- when: pending
-- unless: allow_live_runtimes
-- needs: awa.schema_version awa.runtime_instances
-- Some versions need every live runtime to be of a release that can live with them. Live is what was seen in the
-- last 90 seconds, whatever health it reports; a version that cannot be read counts as too old.
SELECT 'runtime-too-old' AS code,
       format('Runtime %s (pid %s, Awa %s, seen %s s ago) is too old for version %s, which needs %s.', r.hostname,
              r.pid, r.version, extract(epoch FROM clock_timestamp() - r.last_seen_at)::int, f.version, f.release)
         AS message,
       'Deploy that release first and wait 90 s, or overrule with --allow-live-runtimes.' AS hint
  FROM awa.runtime_instances r
 CROSS JOIN unnest({floor_versions}::int[], {floor_releases}::text[]) AS f (version, release)
 WHERE r.last_seen_at > clock_timestamp() - interval '90 seconds'
   AND f.version > (SELECT max(version) FROM awa.schema_version)
   AND f.version <= {target_version}
   AND CASE WHEN r.version ~ '^[0-9]+\.[0-9]+\.[0-9]+'
            THEN string_to_array(substring(r.version FROM '^[0-9]+\.[0-9]+\.[0-9]+'), '.')::int[]
                 < string_to_array(f.release, '.')::int[]
            ELSE true END
