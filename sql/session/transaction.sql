-- By name: under another default of the role or the database this would look at a stale snapshot.
SET TRANSACTION ISOLATION LEVEL READ COMMITTED{access};
