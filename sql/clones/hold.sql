-- Holds a number for as long as this session lives, alone or together with others.
SELECT CASE WHEN {shared} THEN pg_catalog.pg_try_advisory_lock_shared({class}, {number})
            ELSE pg_catalog.pg_try_advisory_lock({class}, {number}) END AS taken
