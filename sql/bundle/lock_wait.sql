        IF clock_timestamp() > deadline THEN
            RAISE EXCEPTION 'Awa''s migration lock in database % was not free within %. [lock-timeout]', current_database(),
                {lock_wait_text}
                USING ERRCODE = 'lock_not_available',
                      HINT = 'Another migration is running; in pg_locks it holds objid 1296648018. Wait for it, then run this again.';
        END IF;
        PERFORM pg_sleep(0.2);
