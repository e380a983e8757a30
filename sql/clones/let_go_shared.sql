-- Lets go of a number that this session held together with others.
SELECT pg_catalog.pg_advisory_unlock_shared({class}, {number})
