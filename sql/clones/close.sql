-- Closes a database to connections: PostgreSQL copies only a database without sessions.
ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false
