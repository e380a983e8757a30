-- Flyway has run a query in this transaction, so the isolation level can no longer be set. Under any level but this one,
-- the checks after the lock would read a snapshot that is older than the lock.
SELECT 'isolation-level' AS code,
       format('Flyway works under isolation level %s: role %I has it by default in database %I. What another migration '
              'has just done would not be seen.', current_setting('transaction_isolation'), session_user, current_database())
         AS message,
       format('ALTER ROLE %I IN DATABASE %I SET default_transaction_isolation = ''read committed''; then connect anew.',
              session_user, current_database())
         AS hint
 WHERE current_setting('transaction_isolation') <> 'read committed'
