-- By name: a default of the role or the database would plan on a stale snapshot, or write nothing.
SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ {access};
