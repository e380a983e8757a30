-- Objects that Awa made in schema awa and in queue-storage schemas, and that the owner of their schema can neither
-- replace nor grant on, because they belong to another role: another member of the owner migrated, or a runtime made
-- the sequences of a lane. Known by their names: what others made in these schemas is not in the list. Found by what
-- depends on the schema, which has an index; the catalogs of tables and functions have none by schema.
SELECT n.nspname::text AS schema, pg_catalog.pg_get_userbyid(n.nspowner)::text AS owner,
       pg_catalog.pg_get_userbyid(thing.owner)::text AS belongs, thing.name,
       thing.word, thing.full_name,
       pg_has_role(thing.owner, n.nspowner, 'USAGE') AS member,
       pg_has_role(thing.owner, 'USAGE')
       AND pg_has_role(n.nspowner, CASE WHEN current_setting('server_version_num')::int < 160000
                                        THEN 'MEMBER' ELSE 'SET' END) AS movable,
       format(CASE
                  -- Who may create roles may make itself a member: before 16 of all, since then of those that it made.
                  WHEN NOT pg_has_role(thing.owner, 'USAGE')
                       AND NOT (SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.oid = thing.owner)
                       AND (pg_has_role(thing.owner, 'MEMBER WITH ADMIN OPTION')
                            OR current_setting('server_version_num')::int < 160000
                               AND (SELECT r.rolcreaterole FROM pg_catalog.pg_roles r WHERE r.rolname = current_user))
                      THEN 'Become a member of %1$I: GRANT %1$I TO %2$I%4$s; then awa-infra apply as %2$I hands them over; '
                  ELSE 'Run awa-infra apply as %1$I or as a superuser, which hands them over; ' END
              || 'awa-infra verify --schema %3$I lists the statements.',
              pg_catalog.pg_get_userbyid(thing.owner), current_user, n.nspname,
              CASE WHEN current_setting('server_version_num')::int < 160000 THEN '' ELSE ' WITH INHERIT TRUE' END) AS hint
  FROM pg_catalog.pg_namespace n
  JOIN pg_catalog.pg_depend m ON m.refclassid = 'pg_catalog.pg_namespace'::regclass AND m.refobjid = n.oid
 CROSS JOIN LATERAL (
        SELECT CASE c.relkind WHEN 'S' THEN 'SEQUENCE' WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END AS word,
               c.relname::text AS name,
               -- Only a partition has a number beside its name: a table of that name alone may be somebody's copy.
               CASE WHEN c.relispartition THEN regexp_replace(c.relname, '_[0-9]+$', '') ELSE c.relname END AS known,
               format('%I.%I', n.nspname, c.relname) AS full_name, c.relowner AS owner
          FROM pg_catalog.pg_class c
         WHERE m.classid = 'pg_catalog.pg_class'::regclass AND c.oid = m.objid
           AND c.relowner <> n.nspowner AND c.relkind IN ('r', 'p', 'v', 'S')
           -- The sequence of a column goes with its table.
           AND NOT (c.relkind = 'S' AND EXISTS (
                        SELECT FROM pg_catalog.pg_depend d
                         WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid
                           AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.deptype IN ('a', 'i')))
        UNION ALL
        SELECT 'ROUTINE', p.proname, p.proname, format('%I.%I(%s)', n.nspname, p.proname,
                                            pg_catalog.pg_get_function_identity_arguments(p.oid)), p.proowner
          FROM pg_catalog.pg_proc p
         WHERE m.classid = 'pg_catalog.pg_proc'::regclass AND p.oid = m.objid AND p.proowner <> n.nspowner
        UNION ALL
        SELECT 'TYPE', t.typname, t.typname, format('%I.%I', n.nspname, t.typname), t.typowner
          FROM pg_catalog.pg_type t
         WHERE m.classid = 'pg_catalog.pg_type'::regclass AND t.oid = m.objid
           AND t.typowner <> n.nspowner AND t.typtype IN ('e', 'd', 'r')) AS thing
 WHERE NOT pg_has_role(n.nspowner, thing.owner, 'USAGE')
   AND (thing.known = ANY ({names}::text[])
        OR thing.name ~ '^queue_(enqueue|claim)_seq_[0-9a-f]+$')
   AND (n.nspname = 'awa'
        OR EXISTS (SELECT FROM pg_catalog.pg_proc p
                    WHERE p.pronamespace = n.oid AND p.proname = 'claim_ready_runtime'))
