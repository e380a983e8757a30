-- gate: pooler
-- when: pending
-- unless: allow_pooler
-- for: engine
-- of: login
-- A server announces its process when a connection is opened. If another process answers, a pooler sits between.
SELECT 'pooler' AS code,
       format('A connection pooler sits between this program and database %I (process %s was announced, %s answers).',
              current_database(), {announced_pid}, pg_backend_pid()) AS message,
       'Connect to the server itself. If the pooler is in session mode, overrule with --allow-pooler.' AS hint
 WHERE {announced_pid} <> pg_backend_pid()
