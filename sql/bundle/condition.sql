    -- {code}
    IF {when} AND string_to_array({needs}, ' ') <@ readable THEN
        FOR problem IN
{query}
        LOOP
            problems := problems || format(E'%s [%s]\nHint: %s', problem.message, problem.code, problem.hint);
        END LOOP;
    END IF;

