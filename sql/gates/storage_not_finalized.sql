-- gate: storage-not-finalized
-- when: pending
-- needs: awa.schema_version awa.storage_transition_state awa.runtime_instances awa.jobs
-- Awa 0.7 migrates only a database whose storage transition is finished, or one that was never used: still
-- canonical, nothing prepared, no job, and no runtime seen for 90 seconds.
SELECT 'storage-not-finalized' AS code,
       format('The storage transition of database %I is in state %s; version %s needs it active.',
              current_database(), t.state, {target_version}) AS message,
       'On Awa 0.6: awa storage prepare, enter-mixed-transition, finalize. Then migrate.' AS hint
  FROM awa.storage_transition_state t
 WHERE (SELECT max(version) FROM awa.schema_version) < 41 AND {target_version} >= 41
   AND t.state <> 'active'
   AND NOT (t.state = 'canonical' AND t.prepared_engine IS NULL
            AND NOT EXISTS (SELECT FROM awa.jobs)
            AND NOT EXISTS (SELECT FROM awa.runtime_instances
                             WHERE last_seen_at > clock_timestamp() - interval '90 seconds'))
