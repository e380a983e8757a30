), health AS MATERIALIZED (
    -- The few entries that are about owners, privileges and row-level security.
    SELECT r.schema, r.part, r.object, r.definition
      FROM raw r
     WHERE r.part IN ('security', 'owner', 'weak-role', 'denied', 'public', 'published', 'narrowed', 'setting', 'adopted', 'exhausted', 'behind', 'unread', 'collation')
        OR r.schema = 'awa' AND r.part IN ('function', 'privilege')
           AND r.object IN (SELECT json_array_elements_text({private}::json))
), behind AS MATERIALIZED (
    SELECT r.schema, r.object, format('%I.%I', r.schema, r.object) AS name, r.definition::json AS at
      FROM health r
     WHERE r.part = 'behind'
), released AS MATERIALIZED (
    SELECT v.version FROM unnest({versions}::int[]) AS v (version)
), looked AS MATERIALIZED (
    -- Tables whose rows Awa's migrations made, as texts, read where this role may. A query that names a table fails where
    -- it may not be read or is not there. Without a procedural language only ts_stat runs a query that is made meanwhile;
    -- its words are the texts. Row-level security could hide rows, and would be an error under the settings above.
    SELECT r.schema, r.relname, k.readable,
           CASE WHEN k.readable
                THEN ARRAY(SELECT s.word FROM ts_stat(format('SELECT array_to_tsvector(%s) FROM %s', t.words, k.name)) AS s)
           END AS v
      FROM relations r
      JOIN (VALUES ('schema_version', true, 'array_agg(version::text)'),
                   ('storage_transition_state', true,
                    'array_agg(format(''%s %s %s'', state, CASE WHEN state IN (''mixed_transition'', ''active'')
                                                              THEN coalesce(prepared_engine, current_engine)
                                                              ELSE current_engine END, details ->> ''schema''))'),
                   ('runtime_storage_backends', true,
                    'array_agg(schema_name) FILTER (WHERE backend = ''queue_storage'')'),
                   ('queue_ring_state', false, 'array_agg(concat_ws('' '', slot_count, to_jsonb(queue_ring_state) ->> ''current_slot''))'),
                   ('lease_ring_state', false, 'array_agg(concat_ws('' '', slot_count, to_jsonb(lease_ring_state) ->> ''current_slot''))'),
                   ('claim_ring_state', false, 'array_agg(concat_ws('' '', slot_count, to_jsonb(claim_ring_state) ->> ''current_slot''))'),
                   ('queue_ring_slots', false, 'ARRAY[format(''%s %s'', string_agg(slot::text, '',''), max(slot) + 1)]'),
                   ('lease_ring_slots', false, 'ARRAY[format(''%s %s'', string_agg(slot::text, '',''), max(slot) + 1)]'),
                   ('claim_ring_slots', false, 'ARRAY[format(''%s %s'', string_agg(slot::text, '',''), max(slot) + 1)]'),
                   -- A vector for each row: one of all would be too large with twenty thousand lanes.
                   ('queue_enqueue_heads', false, 'CASE WHEN seq_name <> '''' THEN ARRAY[left(seq_name, 63)] END'),
                   ('queue_claim_heads', false, 'CASE WHEN seq_name <> '''' THEN ARRAY[left(seq_name, 63)] END'))
        AS t (relname, canonical, words) ON t.relname = r.relname AND (NOT t.canonical OR r.schema = 'awa')
     CROSS JOIN LATERAL (SELECT format('%I.%I', r.schema, r.relname) AS name,
                                has_schema_privilege(r.relnamespace, 'USAGE') AND has_table_privilege(r.oid, 'SELECT')
                                AND NOT row_security_active(r.oid)
                                AND NOT (r.relpersistence = 'u' AND pg_is_in_recovery()) AS readable) k
     WHERE r.relkind IN ('r', 'p')
), recorded AS MATERIALIZED (
    SELECT e.word::int AS version
      FROM looked l
     CROSS JOIN LATERAL unnest(l.v) AS e (word)
     WHERE l.relname = 'schema_version'
), rings AS MATERIALIZED (
    SELECT s.schema, k.number, k.ring, s.v[1] AS slot_count, nullif(split_part(s.v[1], ' ', 2), '')::bigint AS position,
           -- Each slot below the recorded count must have its row.
           (SELECT count(DISTINCT e.slot)
              FROM unnest(string_to_array(split_part(c.v[1], ' ', 1), ',')::bigint[]) AS e (slot)
             WHERE e.slot >= 0 AND e.slot < n.recorded) AS rows,
           least(n.recorded, p.partitions) AS wanted, n.recorded, CASE WHEN s.schema = 'awa' THEN k.slots END AS always,
           -- Fewer partitions than recorded are lost, unless the rows of the ring are as few.
           CASE WHEN q.slots < n.recorded AND nullif(split_part(c.v[1], ' ', 2), '')::bigint IS DISTINCT FROM q.slots
                THEN n.recorded ELSE q.slots END AS slots
      FROM json_to_recordset({rings}::json) AS k (number int, ring text, pattern text, family text, slots bigint)
      JOIN looked s ON s.relname = k.ring || '_state' AND s.readable
      JOIN looked c ON c.schema = s.schema AND c.relname = k.ring || '_slots'
     CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE r.relname ~ k.family) AS partitions,
                                array_agg(DISTINCT substring(r.relname FROM k.pattern)::numeric) AS numbers
                           FROM relations r
                          WHERE r.schema = s.schema AND r.relispartition AND r.relname ~ k.pattern) p
     CROSS JOIN LATERAL (SELECT coalesce(nullif(split_part(s.v[1], ' ', 1)::bigint, 0), p.partitions) AS recorded) n
     -- A number beyond all slots is none of them, whatever is attached under it.
     CROSS JOIN LATERAL (SELECT coalesce(max(o.number) + 1, 0) AS slots
                           FROM unnest(p.numbers) AS o (number)
                          WHERE o.number < greatest(cardinality(p.numbers), n.recorded)) q
), lost AS MATERIALIZED (
    SELECT r.schema, r.number, 1 AS place, format('%s.%s_state (0 of 1 rows)', r.schema, r.ring) AS what
      FROM rings r
     WHERE r.slot_count IS NULL
    UNION ALL
    SELECT r.schema, r.number, 2, format('%s.%s_slots (%s of %s rows)', r.schema, r.ring, r.rows, r.wanted)
      FROM rings r
     WHERE r.rows < r.wanted
), routing AS MATERIALIZED (
    SELECT split_part(t.v[1], ' ', 1) AS state, split_part(t.v[1], ' ', 2) AS engine,
           nullif(substring(t.v[1] FROM ' [^ ]* (.*)$'), '') AS schema, cardinality(t.v) = 0 AS gone, m.v[1] AS marker,
           split_part(t.v[1], ' ', 1) IN ('mixed_transition', 'active') AS routed
      FROM looked t
      JOIN looked m ON m.relname = 'runtime_storage_backends' AND m.schema = 'awa'
     WHERE t.relname = 'storage_transition_state' AND t.readable AND m.readable
), states AS MATERIALIZED (
    SELECT r.schema, true AS checked,
           format('row-level security is on for %s table%s: %s. Roles other than the owner see only the rows, and insert '
                  'only those, that a policy allows', count(*), CASE WHEN count(*) > 1 THEN 's' ELSE '' END,
                  array_to_string((array_agg(r.object ORDER BY r.object COLLATE "C"))[1:8], ', ')
                  || CASE WHEN count(*) > 8 THEN format(' and %s more', count(*) - 8) ELSE '' END) AS message
      FROM health r
     WHERE r.part = 'security'
     GROUP BY r.schema
    UNION ALL
    SELECT r.schema, true,
           format('%s of role %s instead of %s: %s%s', CASE WHEN l.lane THEN 'lane sequences' ELSE 'objects' END,
                  r.definition, o.owner, array_to_string((array_agg(r.object ORDER BY r.object COLLATE "C"))[1:3], ', '),
                  CASE WHEN count(*) > 3 THEN format(' and %s more', count(*) - 3) ELSE '' END)
      FROM health r
      JOIN (SELECT s.schema, pg_catalog.pg_get_userbyid(s.nspowner)::text AS owner FROM spaces s) o
        ON o.schema = r.schema AND o.owner <> r.definition
     CROSS JOIN LATERAL (SELECT r.object ~ '^queue_(enqueue|claim)_seq_[0-9a-f]{{32}}$' AS lane) l
     WHERE r.part = 'owner'
       -- What others made in the schema is theirs, and named as one object too many.
       AND (l.lane OR NOT EXISTS (SELECT FROM compared c
                                   WHERE (c.schema, c.object) = (r.schema, r.object) AND c.expected IS NULL
                                     AND c.part IN ('relation', 'sequence', 'function', 'type')))
     GROUP BY r.schema, r.definition, o.owner, l.lane
    UNION ALL
    SELECT r.schema, true,
           format('role %s may insert jobs, but lacks USAGE, SELECT or UPDATE on %s sequences', r.object, r.definition)
      FROM health r
     WHERE r.part = 'weak-role'
    UNION ALL
    SELECT d.schema, true,
           format('%s %s on %s%s%s', CASE d.part WHEN 'public' THEN 'PUBLIC, so every role, has'
                                     ELSE format('role %s works in schema %s, but lacks', d.role, d.schema) END, d.privilege,
                  CASE WHEN count(*) > 1 THEN format('%s %ss: ', count(*), d.kind) ELSE d.kind || ' ' END,
                  array_to_string((array_agg(d.object ORDER BY d.key COLLATE "C"))[1:8], ', '),
                  CASE WHEN count(*) > 8 THEN format(' and %s more', count(*) - 8) ELSE '' END)
      FROM (SELECT r.schema, r.part, r.object AS key, r.definition::json ->> 'role' AS role,
                   r.definition::json ->> 'privilege' AS privilege, lower(r.definition::json ->> 'kind') AS kind,
                   r.definition::json ->> 'object' AS object
              FROM health r
             WHERE r.part IN ('denied', 'public')) d
     -- CREATE is needed by the owner, and where new jobs go by every role that adds one.
     WHERE d.part = 'public' OR d.privilege <> 'CREATE'
        OR EXISTS (SELECT FROM spaces s WHERE s.schema = d.schema AND pg_catalog.pg_get_userbyid(s.nspowner) = d.role)
        OR EXISTS (SELECT FROM routing r
                    WHERE r.engine = 'queue_storage' AND coalesce(r.schema, r.marker, 'awa') = d.schema)
     GROUP BY d.schema, d.part, d.role, d.privilege, d.kind
    UNION ALL
    SELECT r.schema, true, r.definition::json ->> 'message'
      FROM health r
     WHERE r.part IN ('setting', 'collation')
    UNION ALL
    SELECT r.schema, true,
           format('publication %s %s %s tables%s, so PostgreSQL refuses those of Awa: %s%s',
                  (SELECT string_agg(p.name, ', ' ORDER BY p.first COLLATE "C", p.name)
                     FROM (SELECT n.name, min(x.object COLLATE "C") AS first
                             FROM health x
                            CROSS JOIN LATERAL regexp_split_to_table(x.definition, ', ') AS n (name)
                            WHERE x.part = r.part AND x.schema = r.schema
                            GROUP BY n.name) p),
                  CASE r.part WHEN 'published' THEN 'publishes deletes or updates of'
                              ELSE 'publishes deletes or updates with a row filter or a column list that does not fit the '
                                   'replica identity of' END,
                  count(*), CASE r.part WHEN 'published' THEN ' without a replica identity' ELSE '' END,
                  array_to_string((array_agg(r.object ORDER BY r.object COLLATE "C"))[1:8], ', '),
                  CASE WHEN count(*) > 8 THEN format(' and %s more', count(*) - 8) ELSE '' END)
      FROM health r
     WHERE r.part IN ('published', 'narrowed')
     GROUP BY r.schema, r.part
    UNION ALL
    SELECT f.schema, true, format('PUBLIC may execute awa.%s; Awa revokes that', split_part(f.object, '(', 1))
      FROM health f
      LEFT JOIN health p ON p.schema = f.schema AND p.part = 'privilege' AND p.object = f.object
     WHERE f.part = 'function' AND 'public EXECUTE' = ANY (string_to_array(coalesce(p.definition, 'public EXECUTE'), ', '))
    UNION ALL
    SELECT l.schema, true, 'table awa.schema_version is empty, so at which version schema awa is, is not recorded'
      FROM looked l
     WHERE l.relname = 'schema_version' AND l.readable AND cardinality(l.v) = 0
    UNION ALL
    SELECT 'awa', true, format('version %s, but Awa %s is at %s', max(r.version), {release}, {target}::int)
      FROM recorded r
    HAVING max(r.version) < {target}
    UNION ALL
    SELECT 'awa', true,
           format('the rows of %s are missing in awa.schema_version; Awa itself only looks at the highest',
                  string_agg(g.name, ', ' ORDER BY g.low))
      FROM (SELECT min(m.version) AS low,
                   format(CASE WHEN count(*) = 1 THEN 'V%s' ELSE 'V%s-V%s' END, min(m.version), max(m.version)) AS name
              FROM (SELECT e.version, e.version - row_number() OVER (ORDER BY e.version) AS island
                      FROM released e
                     WHERE e.version NOT IN (SELECT r.version FROM recorded r)) m
             GROUP BY m.island) g
     WHERE (SELECT max(r.version) FROM recorded r) >= {target}
    HAVING count(*) > 0
    UNION ALL
    SELECT 'awa', true,
           format('awa.schema_version has rows that Awa %s never wrote: %s', {release},
                  string_agg(r.version::text, ', ' ORDER BY r.version))
      FROM recorded r
     WHERE r.version < {target} AND r.version NOT IN (SELECT e.version FROM released e)
       AND (SELECT max(o.version) FROM recorded o) >= {target}
    HAVING count(*) > 0
    UNION ALL
    SELECT l.schema, true,
           format('rows of Awa''s rings are missing: %s',
                  string_agg(l.what, ', ' ORDER BY l.number, l.place))
      FROM lost l
     GROUP BY l.schema
    UNION ALL
    SELECT 'awa', true, 'the row of awa.storage_transition_state, which says where new jobs go, is missing'
      FROM routing r
     WHERE r.gone
    UNION ALL
    SELECT 'awa', true,
           format('storage is %s, but new jobs go to engine %s: the row of awa.storage_transition_state contradicts itself, and '
                  'clients look for jobs elsewhere', r.state, r.engine)
      FROM routing r
     WHERE r.routed <> (r.engine = 'queue_storage')
    UNION ALL
    SELECT 'awa', true, format('storage is %s, but the marker in awa.runtime_storage_backends is lost', r.state)
      FROM routing r
     WHERE r.routed AND r.marker IS NULL
    UNION ALL
    SELECT 'awa', true,
           format('jobs go to queue storage in %s by the storage-transition row, but clients look for them in %s by the '
                  'marker in awa.runtime_storage_backends', r.schema, r.marker)
      FROM routing r
     WHERE r.routed AND r.schema <> r.marker
    UNION ALL
    SELECT 'awa', true, format('a marker names %s, but storage is %s', r.marker, r.state)
      FROM routing r
     WHERE NOT r.routed AND r.marker IS NOT NULL
    UNION ALL
    SELECT 'awa', true, format('new jobs go to queue storage in %s, which is no readable queue-storage schema', a.schema)
      FROM routing r
     CROSS JOIN LATERAL (SELECT coalesce(r.schema, r.marker, 'awa') AS schema) a
     WHERE r.engine = 'queue_storage'
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_proc p
                         JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
                        WHERE p.proname = 'claim_ready_runtime' AND n.nspname::text = a.schema
                          AND pg_catalog.oidvectortypes(p.proargtypes) = 'text, bigint, double precision, double precision'
                          AND 3 = (SELECT count(*)
                                     FROM pg_catalog.pg_class c
                                    WHERE c.relname IN ('queue_ring_state', 'lease_ring_state', 'claim_ring_state')
                                      AND c.relnamespace = n.oid AND c.relkind = 'r'
                                      AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')))
    UNION ALL
    SELECT r.schema, true,
           CASE WHEN r.recorded <> r.slots
                THEN format('%s %s slots are recorded, but %s exist', r.recorded, split_part(r.ring, '_', 1), r.slots)
                ELSE format('%s %s slots exist, but schema awa always has %s', r.slots, split_part(r.ring, '_', 1), r.always)
                END
      FROM rings r
     WHERE r.recorded <> r.slots OR r.slots <> r.always
    UNION ALL
    SELECT r.schema, true,
           format('the %s ring is at slot %s, but its slots are 0 to %s', split_part(r.ring, '_', 1), r.position, r.recorded - 1)
      FROM rings r
     WHERE r.position NOT BETWEEN 0 AND r.recorded - 1
    UNION ALL
    SELECT r.schema, true,
           format('sequences have given more than half of their numbers: %s%s',
                  array_to_string((array_agg(format('%s is at %s', r.object, r.definition)
                                             ORDER BY r.object COLLATE "C"))[1:3], ', '),
                  CASE WHEN count(*) > 3 THEN format(' and %s more', count(*) - 3) ELSE '' END)
      FROM health r
     WHERE r.part = 'exhausted'
     GROUP BY r.schema
    UNION ALL
    SELECT r.schema, true,
           format('extension %s has adopted what Awa made: %s%s', r.definition::json ->> 'extension',
                  array_to_string((array_agg(r.object ORDER BY r.object COLLATE "C"))[1:3], ', '),
                  CASE WHEN count(*) > 3 THEN format(' and %s more', count(*) - 3) ELSE '' END)
      FROM health r
     WHERE r.part = 'adopted'
       -- What an extension itself made in the schema is named as objects too many.
       AND NOT EXISTS (SELECT FROM compared c
                        WHERE (c.schema, c.object) = (r.schema, r.object) AND c.expected IS NULL
                          AND c.part IN ('relation', 'sequence', 'function', 'type'))
     GROUP BY r.schema, r.definition::json ->> 'extension'
    UNION ALL
    SELECT h.schema, true,
           format('%s lanes have rows, but no sequence: %s%s', count(*),
                  array_to_string((array_agg(h.name ORDER BY h.name COLLATE "C"))[1:3], ', '),
                  CASE WHEN count(*) > 3 THEN format(' and %s more', count(*) - 3) ELSE '' END)
      FROM (SELECT DISTINCT l.schema, e.name
              FROM looked l
             CROSS JOIN LATERAL unnest(l.v) AS e (name)
             WHERE l.relname IN ('queue_enqueue_heads', 'queue_claim_heads')) h
     WHERE NOT EXISTS (SELECT FROM relations r
                        WHERE r.schema = h.schema AND r.relkind = 'S' AND r.relname = h.name)
     GROUP BY h.schema
    UNION ALL
    SELECT u.schema, false,
           format('role %s may not read %s of schema %s: rows were not checked', current_user,
                  string_agg(u.relname, ', ' ORDER BY u.relname COLLATE "C"), u.schema)
      FROM (SELECT l.schema, l.relname
              FROM looked l
             WHERE NOT l.readable
            UNION
            SELECT r.schema, r.object
              FROM health r
             WHERE r.part = 'unread' AND r.object NOT IN ('', '#')) u
     GROUP BY u.schema
    UNION ALL
    SELECT r.schema, false,
           format('role %s may not read %s sequence%s of schema %s: whether they are behind their rows was not checked',
                  current_user, r.definition, CASE WHEN r.definition <> '1' THEN 's' ELSE '' END, r.schema)
      FROM health r
     WHERE r.part = 'unread' AND r.object = ''
    UNION ALL
    SELECT r.schema, false,
           format('only the first %s lanes of schema %s were compared with their rows, because PostgreSQL keeps a lock for '
                  'each sequence that is read', r.definition, r.schema)
      FROM health r
     WHERE r.part = 'unread' AND r.object = '#'
