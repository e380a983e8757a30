-- gate: database-encoding
-- when: pending
-- Functions of Awa have characters in them that no other encoding of a server can store: some migrations would fail, and
-- a client in the database's own encoding would silently store something else.
SELECT 'database-encoding' AS code,
       format('Database %I has encoding %s; Awa needs UTF8.', current_database(), current_setting('server_encoding'))
         AS message,
       'Use another database: CREATE DATABASE name ENCODING ''UTF8'' TEMPLATE template0.' AS hint
 WHERE current_setting('server_encoding') <> 'UTF8'
