
    -- state-rows-missing: rows that Awa's migrations made and nothing makes again. Which schemas have such tables is
    -- known only here, hence EXECUTE. Without any version another condition reports what is wrong.
    IF {when} AND 'awa.schema_version' = ANY (readable) THEN
        DECLARE
            lost     text[] := ARRAY[]::text[];
            ring     record;
            recorded bigint;
            slots    bigint;
        BEGIN
            IF 'awa.storage_transition_state' = ANY (readable) THEN
                IF NOT EXISTS (SELECT FROM awa.storage_transition_state) THEN
                    lost := lost || 'awa.storage_transition_state (0 of 1 rows)'::text;
                END IF;
            END IF;
            FOR ring IN
                SELECT n.nspname AS schema, known.name,
                       (SELECT count(*) FROM pg_catalog.pg_class c
                         WHERE c.relnamespace = n.oid AND c.relispartition AND c.relname ~ known.partition) AS partitions,
                       EXISTS (SELECT FROM pg_catalog.pg_class c
                                WHERE c.relnamespace = n.oid AND c.relname = known.name || '_slots'
                                  AND has_table_privilege(c.oid, 'SELECT')) AS countable
                  FROM pg_catalog.pg_proc p
                  JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
                 CROSS JOIN (VALUES (1, 'queue_ring', '^ready_entries_[0-9]+$'), (2, 'lease_ring', '^leases_[0-9]+$'),
                                    (3, 'claim_ring', '^lease_claims_[0-9]+$')) AS known (number, name, partition)
                 WHERE p.proname = 'claim_ready_runtime'
                   AND pg_catalog.oidvectortypes(p.proargtypes) = 'text, bigint, double precision, double precision'
                   AND has_schema_privilege(n.oid, 'USAGE')
                   AND 3 = (SELECT count(*) FROM pg_catalog.pg_class c
                             WHERE c.relnamespace = n.oid AND c.relkind = 'r'
                               AND c.relname IN ('queue_ring_state', 'lease_ring_state', 'claim_ring_state')
                               AND has_table_privilege(c.oid, 'SELECT'))
                 ORDER BY n.nspname, known.number
            LOOP
                recorded := NULL;
                EXECUTE format('SELECT slot_count FROM %I.%I', ring.schema, ring.name || '_state') INTO recorded;
                IF recorded IS NULL THEN
                    lost := lost || format('%s.%s_state (0 of 1 rows)', ring.schema, ring.name);
                END IF;
                IF ring.countable THEN
                    EXECUTE format('SELECT count(DISTINCT slot) FROM %I.%I WHERE slot >= 0 AND slot < %s', ring.schema,
                                   ring.name || '_slots', coalesce(recorded, 2147483647)) INTO slots;
                    -- A changed count is another condition: only slots with partitions must have rows.
                    IF slots < least(recorded, ring.partitions) THEN
                        lost := lost || format('%s.%s_slots (%s of %s rows)', ring.schema, ring.name, slots,
                                               least(recorded, ring.partitions));
                    END IF;
                END IF;
            END LOOP;
            IF EXISTS (SELECT FROM awa.schema_version) AND cardinality(lost) > 0 THEN
                problems := problems || format(E'Rows of Awa''s state are missing in database %I: %s. [state-rows-missing]\nHint: %s',
                                               current_database(),
                                               array_to_string(lost[1:8], ', ')
                                               || CASE WHEN cardinality(lost) > 8
                                                       THEN format(' and %s more', cardinality(lost) - 8) ELSE '' END,
                                               {hint});
            END IF;
        END;
    END IF;
