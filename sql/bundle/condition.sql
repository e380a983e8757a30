    -- {code}
    IF (pending OR {always}) AND string_to_array({needs}, ' ') <@ readable THEN
        FOR problem IN
{query}
        LOOP
            problems := problems || format('[%s] %s Hint: %s', problem.code, problem.message, problem.hint);
        END LOOP;
    END IF;

