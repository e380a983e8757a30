-- gate: removal-lock-table
-- for: removal
-- DROP SCHEMA locks every column default, constraint and type one by one until the transaction ends. An idle server
-- has room for about twice what its lock table is sized for (measured on PostgreSQL 14 and 18); beyond that it fails.
SELECT 'removal-lock-table' AS code,
       format('Dropping schema %I locks about %s objects in one transaction; this server''s lock table is sized for %s.',
              {schema}, {lock_objects}, s.places) AS message,
       format('Raise max_locks_per_transaction to %s or more and restart the server.',
              ceil({lock_objects}::numeric * s.per_transaction / s.places)) AS hint
  FROM (SELECT p.per_transaction, p.per_transaction * sum(g.setting::int)::int AS places
          FROM pg_catalog.pg_settings g
         CROSS JOIN (SELECT current_setting('max_locks_per_transaction')::int AS per_transaction) p
         WHERE g.name IN ('max_connections', 'max_prepared_transactions', 'max_worker_processes', 'max_wal_senders')
            OR g.name = CASE WHEN current_setting('server_version_num')::int < 180000 THEN 'autovacuum_max_workers'
                             ELSE 'autovacuum_worker_slots' END
         GROUP BY p.per_transaction) s
 WHERE {lock_objects} > 2 * s.places
