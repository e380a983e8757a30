-- Last of every update: gives back what lock.sql took, for a connection that an application's pool keeps open.
SELECT pg_catalog.pg_advisory_unlock(4708303813013489490);
-- The advisory lock is the session's, whatever its role is.
RESET role;
{give_back}
