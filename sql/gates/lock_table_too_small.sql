-- gate: lock-table-too-small
-- when: pending
-- unless: allow_many_locks
-- for: engine
-- Every relation that a transaction touches takes a place in the server's lock table until it ends. Idle servers
-- have some more room than this, busy ones less.
SELECT 'lock-table-too-small' AS code,
       format('The plan locks about %s objects in one transaction; this server''s lock table is sized for %s.',
              {lock_objects}, s.per_transaction * s.sessions) AS message,
       CASE WHEN {lock_objects_each} <= s.per_transaction * s.sessions
            THEN format('Use --transaction each (awa:transaction), which commits every migration and schema by itself and locks about %s; or raise',
                        {lock_objects_each})
            ELSE 'Raise' END
       || format(' max_locks_per_transaction to %s or more and restart the server, install fewer schemas at once, or overrule with --allow-many-locks.',
                 ceil({lock_objects}::numeric / s.sessions)) AS hint
  FROM (SELECT current_setting('max_locks_per_transaction')::int AS per_transaction,
               current_setting('max_connections')::int + current_setting('max_prepared_transactions')::int
                 AS sessions) s
 WHERE {lock_objects} > s.per_transaction * s.sessions
