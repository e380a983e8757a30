-- Lets go of a number that this session held, alone or together with others.
SELECT CASE WHEN {shared} THEN pg_catalog.pg_advisory_unlock_shared({class}, {number})
            ELSE pg_catalog.pg_advisory_unlock({class}, {number}) END
