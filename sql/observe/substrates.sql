-- Every queue-storage schema of this database, found the way Awa's own migrations find them: by the
-- signature of its claim function, together with the three ring-state tables. The receipts flag is not
-- stored anywhere; it shows in the body of the claim function (Awa 0.6.9). The counts distinguish a complete
-- installation from a broken one, so they are of names that Awa makes: what others added replaces nothing. One pass
-- makes them for all schemas, and only over what is in these schemas: pg_depend has an index by schema, pg_class has
-- none. A schema without all of the ring-state tables, or whose tables this role may not read, is listed too: rings
-- and readable_rings say so.
-- Of the schemas {only} alone, or if there are none, of all.
WITH found AS MATERIALIZED (
    SELECT n.oid, n.nspname, n.nspowner, p.prosrc
      FROM pg_catalog.pg_proc p
      JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
     WHERE p.proname = 'claim_ready_runtime'
       AND pg_catalog.oidvectortypes(p.proargtypes) = 'text, bigint, double precision, double precision'
       AND (json_array_length({only}::json) = 0 OR n.nspname = ANY (ARRAY(SELECT json_array_elements_text({only}::json)::name)))
), relations AS MATERIALIZED (
    SELECT c.relnamespace,
           count(*) AS tables,
           -- An index of a partition that belongs to one of the whole table is known by that one's name.
           sum((SELECT count(*)
                  FROM pg_catalog.pg_index i
                  JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
                  LEFT JOIN pg_catalog.pg_inherits h ON x.relispartition AND h.inhrelid = x.oid
                  LEFT JOIN pg_catalog.pg_class y ON y.oid = h.inhparent
                 CROSS JOIN LATERAL (
                        SELECT translate(replace(coalesce(y.relname, x.relname), 'idx_' || f.nspname || '_', 'idx_'),
                                         '0123456789', '') AS name) AS short
                 WHERE i.indrelid = c.oid
                   -- PostgreSQL cuts a name after 63 bytes.
                   AND (short.name = ANY ({own_indexes}::text[])
                        OR (octet_length(coalesce(y.relname, x.relname)::text) = 63
                            AND EXISTS (SELECT FROM unnest({own_indexes}::text[]) AS own (name)
                                         WHERE own.name ^@ short.name))))) AS indexes,
           count(*) FILTER (WHERE c.relispartition AND c.relname ^@ 'lease'
                              AND c.relname ~ '^(leases|lease_claims)_[0-9]+$'
                              AND NOT coalesce(c.reloptions::text ~ 'fillfactor=', false))
               AS partitions_without_fillfactor,
           count(*) FILTER (WHERE c.relispartition AND c.relname ~ '^ready_entries_[0-9]+$') AS queue_slots,
           count(*) FILTER (WHERE c.relispartition AND c.relname ~ '^leases_[0-9]+$') AS lease_slots,
           count(*) FILTER (WHERE c.relispartition AND c.relname ~ '^lease_claims_[0-9]+$') AS claim_slots,
           count(*) FILTER (WHERE c.relname IN ('queue_ring_state', 'lease_ring_state', 'claim_ring_state')) AS rings,
           count(*) FILTER (WHERE c.relname IN ('queue_ring_state', 'lease_ring_state', 'claim_ring_state')
                              AND has_schema_privilege(c.relnamespace, 'USAGE')
                              AND NOT (c.relpersistence = 'u' AND pg_is_in_recovery())
                              AND has_table_privilege(c.oid, 'SELECT')) AS readable_rings,
           sum(CASE WHEN c.relhastriggers
                    THEN (SELECT count(*) FROM pg_catalog.pg_trigger t
                           WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgenabled = 'O'
                             AND t.tgname IN ('queue_enqueue_heads_sequence_sync', 'queue_claim_heads_sequence_sync'))
                    ELSE 0 END) AS triggers
      FROM found f
      JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_namespace'::regclass AND d.refobjid = f.oid
                                 AND d.classid = 'pg_catalog.pg_class'::regclass
      JOIN pg_catalog.pg_class c ON c.oid = d.objid
     WHERE c.relkind = 'r'
       AND CASE WHEN c.relispartition THEN rtrim(c.relname, '0123456789') = ANY ({own_partitioned}::text[])
                ELSE c.relname = ANY ({own_tables}::name[]) END
     GROUP BY c.relnamespace
)
SELECT f.nspname::text AS schema,
       pg_catalog.pg_get_userbyid(f.nspowner)::text AS owner,
       f.prosrc ~* 'insert into [^ ]*lease_claim' AS receipts,
       coalesce(r.rings, 0) AS rings, coalesce(r.readable_rings, 0) AS readable_rings,
       ARRAY[r.queue_slots, r.lease_slots, r.claim_slots] AS partitions,
       r.tables, r.indexes::bigint AS indexes, r.partitions_without_fillfactor,
       (SELECT count(*)
          FROM unnest({own_functions}::text[]) AS own (signature)
          JOIN pg_catalog.pg_proc p ON p.proname = split_part(own.signature, '(', 1)::name AND p.pronamespace = f.oid
         WHERE own.signature = format('%s(%s)', p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid))) AS functions,
       coalesce(r.triggers, 0)::bigint AS triggers
  FROM found f
  LEFT JOIN relations r ON r.relnamespace = f.oid
 ORDER BY 1
