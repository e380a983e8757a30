-- Holds a number together with others, for as long as this session lives.
SELECT pg_catalog.pg_try_advisory_lock_shared({class}, {number}) AS taken
