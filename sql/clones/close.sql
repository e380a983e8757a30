-- Lets nobody connect any more: PostgreSQL copies no database that somebody uses.
ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false
