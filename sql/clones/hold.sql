-- Holds a number for as long as this session lives.
SELECT pg_catalog.pg_try_advisory_lock({class}, {number}) AS taken
