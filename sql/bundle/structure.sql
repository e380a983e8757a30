-- Run after the bundle, by any role, with psql or in any console. Every row should say true in column ok: otherwise it
-- names what is missing, extra or changed in a schema, as awa-infra verify does. Where ok is empty, this role may not
-- read the rows of a table, so they were not checked; the structure is compared whatever the role may read.
-- Of sequences that are behind their rows, column expected has the statements that correct them.
-- Not in it, but in awa-infra verify: other queue-storage schemas of the database, what would repair a difference, and that
-- a patch is missing, which shows here as the changed body of a function. Names of indexes that PostgreSQL cut are compared
-- as it cut them; they cannot be equal, because a bundle's schemas have at most 18 characters.
BEGIN;
{opening}
{scope}
, raw AS MATERIALIZED (
{parts}
), observed AS MATERIALIZED (
    SELECT r.schema, r.part, r.object,
           CASE WHEN r.part NOT IN ('body', 'view') THEN r.definition
                ELSE 'sha256 ' || encode(sha256(convert_to(replace(
                    CASE WHEN split_part(r.object, '(', 1) = ANY ({own}::text[])
                         THEN replace(regexp_replace(regexp_replace(r.definition,
                                  '(?<![\w".])' || quote_ident(r.schema) || '\.(?=(?:' || {names} || ')(?:_[0-9]+)?(?!\w))',
                                  '{{schema}}.', 'g'),
                                  '\yidx_' || r.schema || '_(?=[a-z0-9_])', 'idx_{{schema}}_', 'g'),
                                  '''' || r.schema || '''', '''{{schema}}''')
                         ELSE r.definition END, E'\r\n', E'\n'), 'UTF8')), 'hex') END AS definition
      FROM raw r
     WHERE r.part = ANY ({compared}::text[])
       AND (r.part <> 'sequence' OR r.definition <> {lane} OR r.object !~ '^queue_(enqueue|claim)_seq_[0-9a-f]{{32}}$')
), unequal AS MATERIALIZED (
    -- A schema whose entries, sorted, have the hash that this script expects has no difference. Only another one is
    -- compared entry by entry.
    SELECT s.schema
      FROM spaces s
      LEFT JOIN json_to_recordset({digests}::json) AS d (schema text, major int, digest text)
             ON d.schema = s.schema AND d.major = least(current_setting('server_version_num')::int / 10000, {newest})
     WHERE d.digest IS DISTINCT FROM
           (SELECT encode(sha256(convert_to(string_agg(l.line, '' ORDER BY l.line COLLATE "C"), 'UTF8')), 'hex')
              FROM (SELECT o.part || E'\t' || o.object || E'\t' || o.definition || E'\n' AS line
                      FROM observed o WHERE o.schema = s.schema) l)
), given AS MATERIALIZED (
    SELECT e.value AS v FROM json_array_elements({template}::json) AS e WHERE EXISTS (SELECT FROM unequal)
), template AS MATERIALIZED (
    -- What Awa {release} makes, from a database that its own command migrated. Bodies are hashes.
    SELECT v ->> 0 AS part, v ->> 1 AS object,
           coalesce(v -> 3 ->> (current_setting('server_version_num')::int / 10000)::text, v ->> 2) AS definition,
           v ->> 4 AS without_receipts, (v ->> 5)::boolean AS canonical
      FROM given
), wanted AS MATERIALIZED (
    SELECT w.schema, quote_ident(w.schema) AS quoted, w.q, w.l, w.c, w.receipts
      FROM json_to_recordset({wanted}::json) AS w (schema text, q int, l int, c int, receipts boolean)
), filled AS MATERIALIZED (
    SELECT w.schema, w.quoted, t.part, CASE s.slot WHEN '' THEN t.object ELSE replace(t.object, s.slot, n.number::text) END
           AS object, CASE s.slot WHEN '' THEN d.definition ELSE replace(d.definition, s.slot, n.number::text) END AS definition
      FROM wanted w
     CROSS JOIN template t
     CROSS JOIN LATERAL (SELECT CASE WHEN w.receipts THEN t.definition
                                     ELSE coalesce(t.without_receipts, t.definition) END AS definition) d
     CROSS JOIN LATERAL (SELECT CASE WHEN strpos(t.object, '{{q}}') > 0 THEN '{{q}}'
                                     WHEN strpos(t.object, '{{l}}') > 0 THEN '{{l}}'
                                     WHEN strpos(t.object, '{{c}}') > 0 THEN '{{c}}' ELSE '' END AS slot) s
     CROSS JOIN LATERAL generate_series(0, CASE s.slot WHEN '{{q}}' THEN w.q WHEN '{{l}}' THEN w.l WHEN '{{c}}' THEN w.c
                                                       ELSE 1 END - 1) AS n (number)
     WHERE NOT t.canonical AND (w.schema IN (SELECT u.schema FROM unequal u)) IS TRUE
), expected AS MATERIALIZED (
    SELECT 'awa' AS schema, t.part, t.object, t.definition FROM template t
     WHERE t.canonical AND 'awa' IN (SELECT u.schema FROM unequal u)
    UNION ALL
    SELECT f.schema, f.part,
           regexp_replace(replace(replace(f.object, 'idx_{{schema}}_', i.start), '{{schema}}.', f.quoted || '.'), i.long, '\1', 'g'),
           regexp_replace(replace(replace(f.definition, 'idx_{{schema}}_', i.start), '{{schema}}.', f.quoted || '.'),
                          i.long, '\1', 'g')
      FROM filled f
     -- PostgreSQL cuts names of indexes after 63 bytes.
     CROSS JOIN LATERAL (SELECT 'idx_' || f.schema || '_' AS start, '(\yidx_[a-z0-9_]{{59}})[a-z0-9_]+' AS long) i
), compared AS MATERIALIZED (
    SELECT b.schema, b.part, b.object, max(b.expected) AS expected, max(b.found) AS found
      FROM (SELECT e.schema, e.part, e.object, e.definition AS expected, NULL AS found FROM expected e
            UNION ALL
            SELECT o.schema, o.part, o.object,
                   CASE WHEN o.part = 'sequence' AND o.object ~ '^queue_(enqueue|claim)_seq_[0-9a-f]{{32}}$' THEN {lane} END,
                   o.definition
              FROM observed o
             -- Looked up by hash: as a join, each entry would be compared with each of the schemas, of which there may be hundreds.
             WHERE (o.schema IN (SELECT u.schema FROM unequal u)) IS TRUE) b
     GROUP BY b.schema, b.part, b.object
    HAVING max(b.expected) IS DISTINCT FROM max(b.found)
), differing AS MATERIALIZED (
    SELECT d.*, substring(d.relation FROM ('^(' || {families} || ')_[0-9]+$')) AS parent,
           substring(d.relation FROM ('^(?:' || {families} || ')_([0-9]+)$')) AS slot
      FROM (SELECT c.schema, c.part, c.object, c.expected, c.found,
                   CASE WHEN c.found IS NULL THEN 'missing' WHEN c.expected IS NULL THEN 'extra' ELSE 'changed' END AS kind,
                   CASE WHEN c.part IN ('column', 'constraint', 'trigger', 'policy', 'rule', 'reference', 'inheritance')
                        THEN split_part(c.object, '.', 1)
                        WHEN c.part = 'index'
                        THEN coalesce(substring(coalesce(c.expected, c.found) FROM ' on ([^ ]+) \('), c.object)
                        ELSE c.object END AS relation
              FROM compared c) d
), reported AS MATERIALIZED (
    -- What depends on a missing or extra object is not reported twice.
    SELECT d.*
      FROM differing d
     WHERE NOT EXISTS (
            SELECT FROM differing o
             WHERE o.schema = d.schema AND (o.part, o.object) <> (d.part, d.object)
               AND (d.part = 'relation' AND (d.kind, o.kind, o.part) = ('missing', 'extra', 'inheritance')
                    AND o.object = d.parent || '.' || d.object
                    OR d.part = 'index' AND (o.kind, o.part, o.object) = ('missing', 'partition', d.relation)
                    OR o.kind = d.kind AND (o.part = 'relation' AND o.object = CASE WHEN d.part = 'relation' THEN d.parent
                                                            WHEN d.kind <> 'changed' THEN d.relation END
                    OR d.part = 'body' AND d.kind <> 'changed' AND o.part = 'function' AND o.object = d.object
                    OR d.part = 'index' AND (o.part, o.object) IN (
                           ('constraint', d.relation || '.' || d.object),
                           ('index', substring(d.object FROM '\.(.*)$')),
                           ('constraint', d.parent || '.' || substring(d.object FROM '\.(.*)$')))
                    OR o.part = d.part AND o.object = replace(d.object, d.relation, d.parent))))
), families AS (
    -- Equal differences of the partitions of one table are reported once.
    SELECT f.schema, f.kind, f.part,
           CASE WHEN count(*) = 1 THEN min(f.object) ELSE f.family END AS object,
           CASE WHEN count(*) = 1 THEN min(f.expected) ELSE min(f.all_expected) END AS expected,
           CASE WHEN count(*) = 1 THEN min(f.found) ELSE min(f.all_found) END AS found, count(*) AS members
      FROM (SELECT t.schema, t.kind, t.part, t.object, t.expected, t.found, n.family, n.all_expected, n.all_found
              FROM reported t
             CROSS JOIN LATERAL (
                SELECT CASE WHEN t.slot IS NULL THEN t.object ELSE regexp_replace(t.object, o.own, '_*', 'g') END AS family,
                       CASE WHEN t.slot IS NULL THEN t.expected
                            ELSE regexp_replace(t.expected, o.own, '_*', 'g') END AS all_expected,
                       CASE WHEN t.slot IS NULL THEN t.found ELSE regexp_replace(t.found, o.own, '_*', 'g') END AS all_found
                  FROM (SELECT '(?<=[a-z])_' || t.slot || '(?![0-9])' AS own) o) n) f
     GROUP BY f.schema, f.kind, f.part, f.family, CASE WHEN f.part <> 'partition' THEN f.all_expected END
{state}
)
SELECT format('schema %s: %s %s %s%s', f.schema, f.kind, f.part, f.object,
              CASE WHEN f.members > 1 THEN format(', and %s more like it', f.members - 1) ELSE '' END) AS what,
       f.expected, f.found, false AS ok
  FROM families f
UNION ALL
SELECT format('schema %s: %s', s.schema, s.message), NULL, NULL, CASE WHEN s.checked THEN false END
  FROM states s
UNION ALL
SELECT format('schema %s: %s behind: %s%s', b.schema,
              CASE WHEN count(*) > 1 THEN count(*) || ' sequences are' ELSE '1 sequence is' END,
              array_to_string((array_agg(format('%s%s gives %s next, but %s is at %s', b.object, l.lane, b.at ->> 'next',
                                                b.at ->> 'table', b.at ->> 'highest')
                                         ORDER BY b.object COLLATE "C"))[1:3], '; '),
              CASE WHEN count(*) > 3 THEN format(' and %s more', count(*) - 3) ELSE '' END),
       string_agg(format('SELECT pg_catalog.setval(%L, greatest(%s, last_value)) FROM %s;', b.name, b.at ->> 'highest',
                         b.name), ' ' ORDER BY b.object COLLATE "C"), NULL, false
  FROM behind b
 CROSS JOIN LATERAL (SELECT CASE WHEN b.at ->> 'queue' IS NULL THEN ''
                                 ELSE format(' (queue %s, priority %s, shard %s)', b.at ->> 'queue', b.at ->> 'priority',
                                             b.at ->> 'shard') END AS lane) l
 GROUP BY b.schema
UNION ALL
SELECT format('schema %s: structure', w.schema), 'as Awa ' || {release} || ' makes it',
       CASE WHEN s.schema IS NULL THEN 'there is no such schema'
            WHEN EXISTS (SELECT FROM families f WHERE f.schema = w.schema) THEN 'not as Awa ' || {release} || ' makes it'
            ELSE 'as Awa ' || {release} || ' makes it' END,
       s.schema IS NOT NULL AND NOT EXISTS (SELECT FROM families f WHERE f.schema = w.schema)
  FROM wanted w
  LEFT JOIN spaces s ON s.schema = w.schema
 ORDER BY 4 DESC NULLS LAST, 1;
COMMIT;
