-- Flyway has asked the database something in this transaction, so its isolation level stays as the role or the database
-- has it. Under any but this one, what is looked at once the lock is there would be older than the lock.
SELECT 'isolation-level' AS code,
       format('Flyway works under isolation level %s: role %I has it by default in database %I. What another migration '
              'has just done would not be seen.', current_setting('transaction_isolation'), session_user, current_database())
         AS message,
       format('ALTER ROLE %I IN DATABASE %I SET default_transaction_isolation = ''read committed''; then connect anew.',
              session_user, current_database())
         AS hint
 WHERE current_setting('transaction_isolation') <> 'read committed'
