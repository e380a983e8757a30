-- Lets go of a number that this session alone held.
SELECT pg_catalog.pg_advisory_unlock({class}, {number})
