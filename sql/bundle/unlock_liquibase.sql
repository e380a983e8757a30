-- Last of every update: releases the lock that preflight.sql took, for a connection that an application's pool keeps open.
SELECT pg_catalog.pg_advisory_unlock(4708303813013489490);
-- The session holds the advisory lock, no matter which role it acts as.
RESET role;
{give_back}
