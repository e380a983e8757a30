-- Changes nothing: it compares every object of the schemas with what the release makes.
-- Never touches a row, and waits at most 10 s for a lock.
-- Run after the bundle, by any role, with psql or in any console. Every row should say true in column ok: otherwise it
-- names what is missing, extra or changed in a schema, as awa-infra verify does. Where ok is empty, this role may not
-- read the rows of a table, so they were not checked; the structure is compared whatever the role may read.
-- Of sequences that are behind their rows, column expected has the statements that correct them.
-- Not in it, but in awa-infra verify: other queue-storage schemas of the database, what would repair a difference, and that
-- a patch is missing, which shows here as the changed body of a function. Names of indexes that PostgreSQL cut are compared
-- as it cut them; they cannot be equal, because a bundle's schemas have at most 18 characters.
BEGIN;
-- By name: under another default of the role or the database this would look at a stale snapshot.
SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ ONLY;

-- A query for its effects: a cursor that is moved shows no rows, and needs no procedural language.
DECLARE awa_infra_quiet NO SCROLL CURSOR FOR
SELECT pg_catalog.set_config(s.name, s.value, true)
  FROM (
    -- Everything that changes what the texts mean, how catalogs print, or when the server gives up. Only what differs is
    -- set; a setting that this server does not know is left out, and so is one that only a superuser may change, where
    -- the role is none: a gate checks that one before anything is written. Left as the role or the database
    -- has it: default_tablespace, where it is another one than the database's, and default_toast_compression, which are
    -- for the administrator to choose; synchronous_commit; all that only makes plans slower or faster, but for jit.
    SELECT s.name, s.value
      FROM (VALUES
        -- All texts are UTF-8, name every schema of theirs, and mean by every other name what PostgreSQL ships.
        ('client_encoding', 'UTF8', false),
        ('search_path', 'pg_catalog, pg_temp', false),
        ('standard_conforming_strings', 'on', false),
        ('array_nulls', 'on', false),
        ('transform_null_equals', 'off', false),
        ('check_function_bodies', 'on', false),
        ('plpgsql.variable_conflict', 'error', true),
        ('plpgsql.extra_errors', 'none', false),
        ('plpgsql.extra_warnings', 'none', false),
        -- Every row is seen and every trigger fires; a policy that would hide rows is an error.
        ('row_security', 'off', false),
        ('restrict_nonsystem_relation_kind', '', false),
        ('session_replication_role', 'origin', true),
        ('default_table_access_method', 'heap', false),
        -- PostgreSQL refuses to make partitioned tables in the database's own tablespace if that is named.
        ('default_tablespace', '', false),
        ('default_transaction_isolation', 'read committed', false),
        ('default_transaction_read_only', 'off', false),
        ('default_transaction_deferrable', 'off', false),
        -- Timeouts of a role or a database are for applications. A table lock that is not free in time fails the run,
        -- rather than making every other session wait behind it.
        ('statement_timeout', '60s', false),
        ('lock_timeout', '10s', false),
        ('idle_in_transaction_session_timeout', '0', false),
        ('idle_session_timeout', '0', false),
        ('transaction_timeout', '0', false),
        -- A client whose machine or network is gone says nothing: the server asks by itself, and ends such a session, and
        -- with it every lock, within a minute rather than after two hours. In seconds; the last one in milliseconds.
        ('tcp_keepalives_idle', '30', false),
        ('tcp_keepalives_interval', '10', false),
        ('tcp_keepalives_count', '3', false),
        ('tcp_user_timeout', '60000', false),
        -- Nor does a statement notice that its client was killed: the server looks, where its system can (below).
        ('client_connection_check_interval', '10s', false),
        -- A fresh installation has ten thousand lines of notices, and jit costs more than it saves.
        ('client_min_messages', 'warning', false),
        ('jit', 'off', false),
        -- Definitions and values are printed the same way in every session.
        ('quote_all_identifiers', 'off', false),
        ('DateStyle', 'ISO, MDY', false),
        ('IntervalStyle', 'postgres', false),
        ('extra_float_digits', '1', false),
        ('bytea_output', 'hex', false)
      ) AS s (name, value, superuser)
     -- Operators by their schema: until search_path is set here, another schema of it may have some of the same names.
     WHERE pg_catalog.current_setting(s.name, true) OPERATOR(pg_catalog.<>) s.value
       -- PostgreSQL 14 can look on Linux alone, and elsewhere refuses the setting.
       AND (s.name OPERATOR(pg_catalog.<>) 'client_connection_check_interval'
            OR pg_catalog.version() OPERATOR(pg_catalog.~) 'linux')
       AND (NOT s.superuser OR pg_catalog.current_setting('is_superuser') OPERATOR(pg_catalog.=) 'on')
       AND (s.name OPERATOR(pg_catalog.<>) 'default_tablespace'
            OR pg_catalog.current_setting(s.name) OPERATOR(pg_catalog.=)
               (SELECT t.spcname::pg_catalog.text
                  FROM pg_catalog.pg_database d
                  JOIN pg_catalog.pg_tablespace t ON t.oid OPERATOR(pg_catalog.=) d.dattablespace
                 WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()))
  ) AS s;
MOVE FORWARD ALL IN awa_infra_quiet;
CLOSE awa_infra_quiet;

-- A query for its effects: a cursor that is moved shows no rows, and needs no procedural language.
DECLARE awa_infra_quiet NO SCROLL CURSOR FOR
-- What the session's settings (session/settings.sql) leave open, only for this transaction: times are printed the same
-- way in every session. And every part follows indexes from the objects of a schema, which the planner, without statistics
-- as in a fresh database, takes for slower than reading the whole catalog.
SELECT set_config('TimeZone', 'UTC', true),
       set_config('enable_nestloop', 'on', true),
       set_config('enable_hashjoin', 'off', true),
       set_config('enable_mergejoin', 'off', true),
       set_config('enable_seqscan', 'off', true);
MOVE FORWARD ALL IN awa_infra_quiet;
CLOSE awa_infra_quiet;
-- What every part of the fingerprint is made from: the schemas '["awa", "acme_jobs"]' and what is in them, for all of them at once.
-- Found by what depends on the schema, and from there by indexes: pg_class has no index by schema, and reading all of it,
-- and of the other catalogs, for each part takes seconds beside 80,000 other tables.
WITH spaces AS MATERIALIZED (
    SELECT n.oid, n.nspname::text AS schema, n.nspowner, n.nspacl
      FROM pg_catalog.pg_namespace n
     WHERE n.nspname = ANY (ARRAY(SELECT json_array_elements_text('["awa", "acme_jobs"]'::json)::name))
), members AS MATERIALIZED (
    SELECT s.schema, s.nspowner, d.classid, d.objid, d.objsubid
      FROM spaces s
      JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_namespace'::regclass AND d.refobjid = s.oid
), relations AS MATERIALIZED (
    SELECT m.schema, m.nspowner, c.oid, c.relname::text AS relname, c.relnamespace, c.relkind, c.relpersistence,
           c.relowner, c.relacl, c.reloptions, c.relispartition, c.relpartbound, c.relrowsecurity, c.relforcerowsecurity,
           c.relreplident, c.relam, c.relhassubclass
      FROM (SELECT m.schema, m.nspowner, m.objid AS oid
              FROM members m
             WHERE m.classid = 'pg_catalog.pg_class'::regclass
            UNION ALL
            -- A composite type is a relation too, and it is the type that depends on the schema.
            SELECT m.schema, m.nspowner, t.typrelid
              FROM members m
              JOIN pg_catalog.pg_type t ON t.oid = m.objid
             WHERE m.classid = 'pg_catalog.pg_type'::regclass AND t.typtype = 'c') m
      JOIN pg_catalog.pg_class c ON c.oid = m.oid
), functions AS MATERIALIZED (
    SELECT m.schema, p.oid, p.proname::text AS proname, p.proowner, p.proacl, p.prolang, p.prokind, p.provolatile,
           p.prosecdef, p.proisstrict, p.proleakproof, p.proparallel, p.procost, p.prorows, p.proconfig, p.prosrc,
           p.prorettype, p.proname || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')' AS signature
      FROM members m
      JOIN pg_catalog.pg_proc p ON p.oid = m.objid
     WHERE m.classid = 'pg_catalog.pg_proc'::regclass
), types AS MATERIALIZED (
    SELECT m.schema, t.oid, t.typname::text AS typname, t.typowner, t.typtype, t.typbasetype, t.typtypmod
      FROM members m
      JOIN pg_catalog.pg_type t ON t.oid = m.objid
     WHERE m.classid = 'pg_catalog.pg_type'::regclass AND t.typtype IN ('e', 'd', 'r')
), inserters AS MATERIALIZED (
    -- Roles that were granted INSERT where jobs begin; 0 is PUBLIC.
    SELECT DISTINCT r.schema, a.grantee
      FROM relations r
     CROSS JOIN LATERAL aclexplode(r.relacl) a
     WHERE r.relkind IN ('r', 'p')
       AND r.relname IN ('jobs_hot', 'scheduled_jobs', 'ready_entries', 'deferred_jobs', 'queue_enqueue_heads')
       AND a.privilege_type = 'INSERT' AND a.grantee <> r.relowner
), holders AS MATERIALIZED (
    -- The roles that work in a schema: those, and its owner.
    SELECT s.schema, o.oid, o.rolname::text AS rolname, o.oid = s.nspowner AS owns
      FROM spaces s
      JOIN pg_catalog.pg_roles o
        ON o.oid = s.nspowner OR o.oid IN (SELECT i.grantee FROM inserters i WHERE i.schema = s.schema)
)
, raw AS MATERIALIZED (
-- The bodies of functions, whole: facts hold only their hash, but a readable difference needs the text.
SELECT f.schema, 'body' AS part, f.signature AS object, f.prosrc AS definition
  FROM functions f
UNION ALL
-- Columns by name: their order depends on the history of a database and means nothing to Awa.
-- A default names no column: printed without its table, which would be opened and locked. Half of all entries are columns,
-- most of them without default or collation: those are looked up for the others alone, not joined.
SELECT r.schema, 'column' AS part, r.relname || '.' || a.attname AS object,
       pg_catalog.format_type(a.atttypid, a.atttypmod)
       || CASE WHEN a.attcollation = 0 THEN ''
               ELSE coalesce((SELECT ' collate ' || co.collname
                                FROM pg_catalog.pg_type y
                                JOIN pg_catalog.pg_collation co ON co.oid = a.attcollation
                               WHERE y.oid = a.atttypid AND y.typcollation <> a.attcollation), '') END
       || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
       || CASE a.attidentity WHEN '' THEN '' WHEN 'a' THEN ' generated always as identity' ELSE ' generated by default as identity' END
       || CASE WHEN NOT a.atthasdef THEN ''
               ELSE coalesce((SELECT CASE a.attgenerated WHEN '' THEN ' default ' || pg_catalog.pg_get_expr(d.adbin, 0)
                                                         ELSE ' generated as ' || pg_catalog.pg_get_expr(d.adbin, d.adrelid) END
                                FROM pg_catalog.pg_attrdef d
                               WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum), '') END AS definition
  FROM relations r
  JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
 WHERE r.relkind IN ('r', 'p', 'v', 'm', 'f', 'c')
UNION ALL
-- Constraints. NOT NULL is part of the column: only PostgreSQL 18 records it as a constraint too, and knows one that old rows
-- may violate.
SELECT r.schema, 'constraint' AS part, r.relname || '.' || con.conname AS object,
       pg_catalog.pg_get_constraintdef(con.oid) AS definition
  FROM relations r
  JOIN pg_catalog.pg_constraint con ON con.conrelid = r.oid
 WHERE con.contype <> 'n' OR NOT con.convalidated
UNION ALL
-- Functions: what they return and how they run. Their bodies are a part of their own.
SELECT f.schema, 'function' AS part, f.signature AS object,
       concat_ws(' ', l.lanname, CASE f.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' WHEN 'w' THEN 'window' END,
                 'returns ' || pg_catalog.pg_get_function_result(f.oid),
                 CASE f.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' ELSE 'volatile' END,
                 CASE WHEN f.prosecdef THEN 'security definer' END, CASE WHEN f.proisstrict THEN 'strict' END,
                 CASE WHEN f.proleakproof THEN 'leakproof' END,
                 CASE f.proparallel WHEN 's' THEN 'parallel safe' WHEN 'r' THEN 'parallel restricted' END,
                 CASE WHEN f.procost NOT IN (1, 100) THEN 'cost ' || f.procost END,
                 CASE WHEN f.prorows NOT IN (0, 1000) THEN 'rows ' || f.prorows END,
                 'set ' || array_to_string(f.proconfig, ', '),
                 'arguments ' || nullif(pg_catalog.pg_get_function_arguments(f.oid), '')) AS definition
  FROM functions f
  JOIN pg_catalog.pg_language l ON l.oid = f.prolang
UNION ALL
-- Indexes, from the raw columns of the catalog: pg_get_indexdef would take most of the time of all parts.
-- One that belongs to a partitioned index is named by that and its table: PostgreSQL chose its own name.
-- Operator classes are read once: joined, all of them would be read again for every index.
-- NULLS NOT DISTINCT, which only servers from 15 on have, is read in a way that 14 accepts too.
SELECT r.schema, 'index' AS part, CASE WHEN parent.relname IS NULL THEN ic.relname::text
                                       ELSE r.relname || '.' || parent.relname END AS object,
       CASE WHEN i.indisunique THEN 'unique ' ELSE '' END || am.amname || ' on ' || r.relname || ' ('
       || (SELECT string_agg(coalesce(c.names[k.attnum], 'expression')
                             || CASE WHEN k.n > i.indnkeyatts THEN ' included'
                                     ELSE ' ' || ((SELECT jsonb_object_agg(oc.oid, oc.opcname) FROM pg_catalog.pg_opclass oc)
                                                  ->> i.indclass[k.n - 1]::text)
                                          || CASE i.indoption[k.n - 1] & 3 WHEN 0 THEN '' WHEN 1 THEN ' desc nulls last'
                                                                           WHEN 2 THEN ' nulls first' ELSE ' desc' END
                                          || CASE WHEN i.indcollation[k.n - 1] IN (0, 100) THEN ''
                                                  ELSE ' collate ' || (SELECT co.collname FROM pg_catalog.pg_collation co
                                                                        WHERE co.oid = i.indcollation[k.n - 1]) END
                                END, ', ' ORDER BY k.n)
             FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, n)) || ')'
       || coalesce(' expressions ' || pg_catalog.pg_get_expr(i.indexprs, i.indrelid), '')
       || coalesce(' where ' || pg_catalog.pg_get_expr(i.indpred, i.indrelid), '')
       || CASE WHEN i.indisunique AND NOT i.indisprimary AND to_jsonb(i) ->> 'indnullsnotdistinct' = 'true'
               THEN ' nulls not distinct' ELSE '' END
       || coalesce(' with ' || array_to_string(ic.reloptions, ', '), '')
       || coalesce(' partition of ' || parent.relname, '')
       || CASE WHEN i.indisvalid AND i.indisready AND i.indislive THEN '' ELSE ' invalid' END AS definition
  FROM relations r
 -- The names of a table's columns by number, once for all of its indexes; an expression has number 0.
 CROSS JOIN LATERAL (SELECT array_agg(a.attname::text ORDER BY a.attnum) AS names
                       FROM pg_catalog.pg_attribute a
                      WHERE a.attrelid = r.oid AND a.attnum > 0) c
  JOIN pg_catalog.pg_index i ON i.indrelid = r.oid
  JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
  JOIN pg_catalog.pg_am am ON am.oid = ic.relam
  LEFT JOIN pg_catalog.pg_inherits inh ON inh.inhrelid = i.indexrelid
  LEFT JOIN pg_catalog.pg_class parent ON parent.oid = inh.inhparent
 WHERE r.relkind IN ('r', 'p', 'm')
UNION ALL
-- Partitions and children of this schema's tables in another schema, and every other inheritance: Awa's statements would read
-- and change the rows of the child, too. Awa makes no such table (0.6.9).
SELECT r.schema, 'inheritance' AS part, r.relname || '.' || c.relname AS object,
       CASE WHEN c.relispartition THEN 'partition ' ELSE 'child ' END || c.oid::regclass
       || coalesce(' ' || pg_catalog.pg_get_expr(c.relpartbound, 0), '') AS definition
  FROM relations r
  JOIN pg_catalog.pg_inherits i ON i.inhparent = r.oid
  JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid AND (c.relnamespace <> r.relnamespace OR NOT c.relispartition)
 WHERE r.relhassubclass AND r.relkind IN ('r', 'p')
UNION ALL
SELECT r.schema, 'inheritance', r.relname || '.' || p.relname, 'parent ' || p.oid::regclass
  FROM relations r
  JOIN pg_catalog.pg_inherits i ON i.inhrelid = r.oid
  JOIN pg_catalog.pg_class p ON p.oid = i.inhparent AND p.relnamespace <> r.relnamespace
 WHERE NOT r.relispartition AND r.relkind IN ('r', 'f')
UNION ALL
-- Whatever else is in the schema: every kind of object that depends on it and that no other part is about. Awa makes
-- none of them (0.6.9). Default privileges and publications of a schema are not in it.
SELECT m.schema, 'other' AS part, pg_catalog.pg_describe_object(m.classid, m.objid, m.objsubid) AS object, '' AS definition
  FROM members m
 WHERE m.classid NOT IN ('pg_catalog.pg_class'::regclass, 'pg_catalog.pg_proc'::regclass, 'pg_catalog.pg_type'::regclass,
                         'pg_catalog.pg_constraint'::regclass, 'pg_catalog.pg_default_acl'::regclass)
   -- PostgreSQL 14 has no such catalog.
   AND m.classid IS DISTINCT FROM to_regclass('pg_catalog.pg_publication_namespace')
UNION ALL
-- Who owns the schema and everything in it that can have an owner of its own.
SELECT s.schema, 'owner' AS part, '(schema)' AS object, pg_catalog.pg_get_userbyid(s.nspowner)::text AS definition
  FROM spaces s
UNION ALL
SELECT r.schema, 'owner', r.relname, pg_catalog.pg_get_userbyid(r.relowner)::text
  FROM relations r
 WHERE r.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
UNION ALL
SELECT f.schema, 'owner', f.signature, pg_catalog.pg_get_userbyid(f.proowner)::text
  FROM functions f
UNION ALL
SELECT t.schema, 'owner', t.typname, pg_catalog.pg_get_userbyid(t.typowner)::text
  FROM types t
UNION ALL
-- Partition keys, and which partition of which table holds which values. The plain columns of the catalog say
-- the same as pg_get_expr would, and the bound of Awa's partitions is one list value. A partition whose DETACH CONCURRENTLY was
-- interrupted takes no row.
SELECT r.schema, 'partition' AS part, r.relname AS object,
       coalesce('of ' || CASE WHEN parent.relnamespace = r.relnamespace THEN '' ELSE parent.relnamespace::regnamespace || '.' END
                || parent.relname || ' ' || pg_catalog.pg_get_expr(r.relpartbound, 0)
                || CASE WHEN i.inhdetachpending THEN ' detach pending' ELSE '' END, '')
       || coalesce('by ' || pg_catalog.pg_get_partkeydef(p.partrelid), '') AS definition
  FROM relations r
  LEFT JOIN pg_catalog.pg_inherits i ON i.inhrelid = r.oid
  LEFT JOIN pg_catalog.pg_class parent ON parent.oid = i.inhparent
  LEFT JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = r.oid
 WHERE r.relkind IN ('r', 'p') AND (r.relispartition OR r.relkind = 'p')
UNION ALL
-- Policies of row-level security; Awa makes none (0.6.9).
SELECT r.schema, 'policy' AS part, r.relname || '.' || p.polname AS object,
       concat_ws(' ', CASE WHEN p.polpermissive THEN 'permissive' ELSE 'restrictive' END,
                 CASE p.polcmd WHEN 'r' THEN 'select' WHEN 'a' THEN 'insert' WHEN 'w' THEN 'update' WHEN 'd' THEN 'delete'
                               ELSE 'all' END,
                 'using ' || pg_catalog.pg_get_expr(p.polqual, p.polrelid),
                 'check ' || pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)) AS definition
  FROM relations r
  JOIN pg_catalog.pg_policy p ON p.polrelid = r.oid
UNION ALL
-- Privileges on functions that were granted or revoked; without any the defaults of the function hold. The owner is written as
-- such, so that one schema owned by different roles reads the same.
SELECT f.schema, 'privilege' AS part, f.signature AS object,
       (SELECT string_agg(CASE WHEN a.grantee = 0 THEN 'public' WHEN a.grantee = f.proowner THEN 'owner'
                               ELSE pg_catalog.pg_get_userbyid(a.grantee)::text END
                          || ' ' || a.privilege_type || CASE WHEN a.is_grantable THEN '*' ELSE '' END, ', '
                          ORDER BY a.grantee = f.proowner, a.grantee, a.privilege_type)
          FROM aclexplode(f.proacl) a) AS definition
  FROM functions f
 WHERE f.proacl IS NOT NULL
UNION ALL
-- Foreign keys of tables elsewhere on tables of this schema: Awa moves and deletes its rows, which they would refuse.
-- Found by what depends on the table's unique indexes, as each foreign key on it does: there is no index of foreign keys by
-- the table that they refer to, and thousands of objects depend on the table itself.
SELECT DISTINCT r.schema, 'reference' AS part, r.relname || '.' || con.conname AS object,
       format('%I.%I ', fn.nspname, f.relname) || pg_catalog.pg_get_constraintdef(con.oid) AS definition
  FROM relations r
  JOIN pg_catalog.pg_index i ON i.indrelid = r.oid AND i.indisunique
  JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = i.indexrelid
                             AND d.classid = 'pg_catalog.pg_constraint'::regclass AND d.deptype = 'n'
  JOIN pg_catalog.pg_constraint con ON con.oid = d.objid AND con.confrelid = r.oid
  JOIN pg_catalog.pg_class f ON f.oid = con.conrelid
  JOIN pg_catalog.pg_namespace fn ON fn.oid = f.relnamespace
 WHERE con.contype = 'f' AND f.relnamespace <> r.relnamespace AND con.conparentid = 0
UNION ALL
-- Tables, views and partitioned tables: kind, persistence, and an access method other than heap, which may know no UPDATE.
-- Sequences and indexes have parts of their own.
SELECT r.schema, 'relation' AS part, r.relname AS object,
       CASE r.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table' WHEN 'v' THEN 'view'
                      WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table'
                      WHEN 'c' THEN 'composite type' ELSE r.relkind::text END
       || CASE r.relpersistence WHEN 'p' THEN '' WHEN 'u' THEN ' unlogged' ELSE ' temporary' END
       || CASE WHEN r.relam IN (0, 2) THEN ''
               ELSE coalesce((SELECT ' using ' || am.amname FROM pg_catalog.pg_am am WHERE am.oid = r.relam), '') END AS definition
  FROM relations r
 WHERE r.relkind IN ('r', 'p', 'v', 'm', 'f', 'c')
UNION ALL
-- Rewrite rules other than those that are the queries of views; Awa makes none (0.6.9).
SELECT r.schema, 'rule' AS part, r.relname || '.' || w.rulename AS object,
       pg_catalog.pg_get_ruledef(w.oid)
       || CASE w.ev_enabled WHEN 'O' THEN '' WHEN 'D' THEN ' disabled' ELSE ' enabled as ' || w.ev_enabled::text END AS definition
  FROM relations r
  JOIN pg_catalog.pg_rewrite w ON w.ev_class = r.oid
 WHERE w.rulename <> '_RETURN'
UNION ALL
-- The schema itself, and its name as the server writes it before a dot. No row: there is no such schema.
SELECT s.schema, 'schema' AS part, s.schema AS object, pg_catalog.quote_ident(s.schema) AS definition
  FROM spaces s
UNION ALL
-- Row-level security, which hides rows from every role but the owner; Awa enables it nowhere (0.6.9).
SELECT r.schema, 'security' AS part, r.relname AS object,
       'row-level security' || CASE WHEN r.relrowsecurity THEN ' enabled' ELSE '' END
       || CASE WHEN r.relforcerowsecurity THEN ' forced' ELSE '' END AS definition
  FROM relations r
 WHERE r.relrowsecurity OR r.relforcerowsecurity
UNION ALL
-- Sequences: their parameters, not their current values. One that is not logged starts again after a crash (PostgreSQL 15).
SELECT r.schema, 'sequence' AS part, r.relname AS object,
       pg_catalog.format_type(s.seqtypid, NULL) || ' start ' || s.seqstart || ' increment ' || s.seqincrement
       || ' from ' || s.seqmin || ' to ' || s.seqmax || ' cache ' || s.seqcache
       || CASE WHEN s.seqcycle THEN ' cycle' ELSE '' END || CASE r.relpersistence WHEN 'u' THEN ' unlogged' ELSE '' END AS definition
  FROM relations r
  JOIN pg_catalog.pg_sequence s ON s.seqrelid = r.oid
UNION ALL
-- Storage parameters, sorted: fill factors and autovacuum settings are part of what Awa promises.
-- Those of indexes are part of the index.
SELECT r.schema, 'storage' AS part, r.relname AS object,
       (SELECT string_agg(o, ', ' ORDER BY o) FROM unnest(r.reloptions) o) AS definition
  FROM relations r
 WHERE r.relkind IN ('r', 'p', 'v', 'm') AND r.reloptions IS NOT NULL
UNION ALL
-- Triggers of people, not the internal ones of constraints unless they are disabled; those cloned to partitions are
-- named like the parent's.
SELECT r.schema, 'trigger' AS part, r.relname || '.' || CASE WHEN t.tgisinternal THEN con.conname ELSE t.tgname END AS object,
       CASE WHEN t.tgisinternal THEN 'constraint trigger' ELSE pg_catalog.pg_get_triggerdef(t.oid) END
       || CASE t.tgenabled WHEN 'O' THEN '' WHEN 'D' THEN ' disabled' ELSE ' enabled as ' || t.tgenabled::text END AS definition
  FROM relations r
  JOIN pg_catalog.pg_trigger t ON t.tgrelid = r.oid
  LEFT JOIN pg_catalog.pg_constraint con ON con.oid = t.tgconstraint
 WHERE NOT t.tgisinternal OR t.tgenabled <> 'O'
UNION ALL
-- Enumerations with their labels in order, domains and ranges. Composite types are relations with columns.
SELECT t.schema, 'type' AS part, t.typname AS object,
       CASE t.typtype WHEN 'e' THEN 'enum (' || (SELECT string_agg(e.enumlabel, ', ' ORDER BY e.enumsortorder)
                                                   FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid) || ')'
                      WHEN 'r' THEN 'range'
                      ELSE 'domain over ' || pg_catalog.format_type(t.typbasetype, t.typtypmod) END AS definition
  FROM types t
UNION ALL
-- The query of each view, as the server prints it. PostgreSQL 14 and 15 qualify columns differently from later ones.
SELECT r.schema, 'view' AS part, r.relname AS object, pg_catalog.pg_get_viewdef(r.oid) AS definition
  FROM relations r
 WHERE r.relkind IN ('v', 'm')
UNION ALL
-- Roles that were granted INSERT where jobs begin, but may not advance all sequences of the schema: Awa needs USAGE,
-- SELECT and UPDATE on every one (0.6.9).
SELECT r.schema, 'weak-role' AS part, o.rolname::text AS object, count(*)::text AS definition
  FROM inserters i
  JOIN pg_catalog.pg_roles o ON o.oid = i.grantee
  JOIN relations r ON r.schema = i.schema AND r.relkind = 'S'
 WHERE NOT (has_sequence_privilege(o.oid, r.oid, 'USAGE')
            AND has_sequence_privilege(o.oid, r.oid, 'SELECT')
            AND has_sequence_privilege(o.oid, r.oid, 'UPDATE'))
 GROUP BY r.schema, o.rolname
UNION ALL
-- What roles may not do that a worker does: those that were granted INSERT where jobs begin, and the owner of each
-- schema, which can lose its own privileges too. Not checked: functions that Awa itself revokes from PUBLIC
-- ('["install_queue_storage_substrate(p_schema text, p_queue_slot_count integer, p_lease_slot_count integer, p_claim_slot_count integer, p_lease_claim_receipts boolean)"]'), operators' functions of the storage transition, and those that only triggers call. CREATE is needed by the
-- owner, and by each role that adds a job where new jobs go: a lane makes sure of its sequence, which needs CREATE even where
-- the sequence is there (Awa 0.6.9).
SELECT d.schema, 'denied' AS part, concat_ws(' ', d.role, d.kind, d.object, d.privilege) AS object,
       json_build_object('role', d.role, 'privilege', d.privilege, 'kind', d.kind, 'object', d.object)::text AS definition
  FROM (SELECT h.schema, h.rolname AS role, p.privilege, 'SCHEMA' AS kind, s.oid::regnamespace::text AS object
          FROM spaces s
          JOIN holders h ON h.schema = s.schema
         CROSS JOIN (VALUES ('USAGE'), ('CREATE')) AS p (privilege)
         WHERE NOT has_schema_privilege(h.oid, s.oid, p.privilege)
           AND (p.privilege = 'USAGE'
                OR EXISTS (SELECT FROM functions f
                            WHERE f.schema = s.schema AND f.proname = 'ensure_lane_sequences' AND f.prosrc ~ 'CREATE SEQUENCE'))
        UNION ALL
        SELECT h.schema, h.rolname, 'EXECUTE', 'FUNCTION', f.oid::regprocedure::text
          FROM functions f
          JOIN holders h ON h.schema = f.schema
         WHERE f.prorettype <> 'pg_catalog.trigger'::regtype
           -- Without any privilege recorded everybody may.
           AND f.proacl IS NOT NULL AND NOT has_function_privilege(h.oid, f.oid, 'EXECUTE')
           AND f.proname NOT IN ('storage_prepare', 'storage_enter_mixed_transition', 'storage_finalize', 'storage_abort')
           AND f.signature NOT IN (SELECT json_array_elements_text('["install_queue_storage_substrate(p_schema text, p_queue_slot_count integer, p_lease_slot_count integer, p_claim_slot_count integer, p_lease_claim_receipts boolean)"]'::json))
        UNION ALL
        SELECT h.schema, h.rolname, 'USAGE', 'TYPE', t.oid::regtype::text
          FROM types t
          JOIN holders h ON h.schema = t.schema
         WHERE NOT has_type_privilege(h.oid, t.oid, 'USAGE')
        UNION ALL
        -- A role that may delete from most tables is a worker's: what it may not do with the others, it lost. Tables with the
        -- same owner and privileges are asked about once. Workers truncate partitions, and only read what says where jobs go.
        SELECT l.schema, l.rolname, l.privilege, 'TABLE', t.oid::regclass::text
          FROM (SELECT h.schema, h.rolname, g.oids, a.privilege,
                       h.owns OR 2 * sum(g.many) FILTER (WHERE has_table_privilege(h.oid, g.oid, 'DELETE')) OVER each
                                 > sum(g.many) OVER each AS works
                  FROM holders h
                  JOIN (SELECT r.schema, min(r.oid) AS oid, array_agg(r.oid) AS oids, count(*) AS many, r.relispartition,
                               k.written, k.kept
                          FROM relations r
                         CROSS JOIN LATERAL (SELECT r.relkind <> 'v' AS written, r.relname IN (
                                                    'schema_version', 'schema_patches', 'storage_transition_state',
                                                    'runtime_storage_backends') AS kept) k
                         -- What another role owns is a finding of its own, or none of Awa's.
                         WHERE r.relkind IN ('r', 'p', 'v') AND r.relowner = r.nspowner
                         GROUP BY r.schema, r.relowner, r.relacl::text, r.relispartition, k.written, k.kept) g
                    ON g.schema = h.schema
                 CROSS JOIN LATERAL (
                    SELECT concat_ws(', ', CASE WHEN NOT has_table_privilege(h.oid, g.oid, 'SELECT') THEN 'SELECT' END,
                                     CASE WHEN w.writes AND NOT has_table_privilege(h.oid, g.oid, 'INSERT') THEN 'INSERT' END,
                                     CASE WHEN w.writes AND NOT has_table_privilege(h.oid, g.oid, 'UPDATE') THEN 'UPDATE' END,
                                     CASE WHEN w.writes AND NOT has_table_privilege(h.oid, g.oid, 'DELETE') THEN 'DELETE' END,
                                     CASE WHEN w.writes AND (h.owns OR g.relispartition)
                                               AND NOT has_table_privilege(h.oid, g.oid, 'TRUNCATE') THEN 'TRUNCATE' END)
                           AS privilege
                      FROM (SELECT g.written AND (h.owns OR NOT g.kept) AS writes) w) a
                WINDOW each AS (PARTITION BY h.schema, h.oid)) l
         CROSS JOIN LATERAL unnest(l.oids) AS t (oid)
         WHERE l.works AND l.privilege <> '') d
UNION ALL
-- What was granted to PUBLIC beyond reading: whoever may connect could change jobs, or make functions where workers look for
-- Awa's. Functions and types, which everybody may use by default, are not in it.
SELECT t.schema, 'public' AS part, concat_ws(' ', t.kind, t.object) AS object,
       json_build_object('role', 'PUBLIC', 'privilege', t.privilege, 'kind', t.kind, 'object', t.object)::text AS definition
  FROM (SELECT g.schema, g.kind, g.object, string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type) AS privilege
          FROM (SELECT s.schema, 'SCHEMA' AS kind, s.oid::regnamespace::text AS object, s.nspacl AS acl
                  FROM spaces s
                UNION ALL
                SELECT r.schema, CASE r.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, r.oid::regclass::text, r.relacl
                  FROM relations r
                 WHERE r.relacl IS NOT NULL AND r.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')) g
         CROSS JOIN LATERAL aclexplode(g.acl) a
         WHERE a.grantee = 0 AND a.privilege_type <> CASE g.kind WHEN 'SCHEMA' THEN 'USAGE' ELSE 'SELECT' END
         GROUP BY g.schema, g.kind, g.object) t
UNION ALL
-- Tables whose rows no worker can delete or update: a publication publishes that, and the table has no replica identity
-- (no primary key, no other one set). PostgreSQL then refuses the statement at any wal_level.
SELECT p.schema, 'published' AS part, p.relname AS object, string_agg(DISTINCT p.pubname, ', ' ORDER BY p.pubname) AS definition
  FROM (SELECT r.schema, r.oid, r.relname, r.relreplident, b.pubname::text AS pubname
          FROM relations r
         CROSS JOIN pg_catalog.pg_publication b
         WHERE r.relkind = 'r' AND r.relpersistence = 'p'
           AND b.puballtables AND (b.pubdelete OR b.pubupdate)
        UNION ALL
        -- A partition is published with any of its parents.
        SELECT s.schema, c.oid, c.relname::text, c.relreplident, b.pubname::text
          FROM pg_catalog.pg_publication b
         CROSS JOIN LATERAL (SELECT g.relid FROM pg_catalog.pg_get_publication_tables(b.pubname::text) g) given
         CROSS JOIN LATERAL (SELECT given.relid::oid AS oid
                             UNION
                             SELECT t.relid::oid FROM pg_catalog.pg_partition_tree(given.relid::regclass) t) leaf
          JOIN pg_catalog.pg_class c ON c.oid = leaf.oid
          JOIN spaces s ON s.oid = c.relnamespace
         WHERE NOT b.puballtables AND (b.pubdelete OR b.pubupdate)
           AND c.relkind = 'r' AND c.relpersistence = 'p') p
 WHERE CASE p.relreplident
       WHEN 'f' THEN false
       WHEN 'n' THEN true
       WHEN 'i' THEN NOT EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = p.oid AND i.indisreplident)
       ELSE NOT EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = p.oid AND i.indisprimary)
       END
 GROUP BY p.schema, p.relname
UNION ALL
-- The same where a row filter has a column that is not of the replica identity, or a list of columns leaves one out. Only
-- servers from 15 on have them: read in a way that 14 accepts too. The rows of a partition can be published as of its parent.
SELECT s.schema, 'narrowed', c.relname::text, string_agg(DISTINCT b.pubname::text, ', ' ORDER BY b.pubname::text)
  FROM pg_catalog.pg_publication_rel p
  JOIN pg_catalog.pg_publication b ON b.oid = p.prpubid AND (b.pubdelete OR b.pubupdate)
 CROSS JOIN LATERAL (SELECT to_jsonb(p) ->> 'prqual' AS filter, string_to_array(translate(to_jsonb(p) ->> 'prattrs', '[],', ''), ' ')
                            AS listed) n
 CROSS JOIN LATERAL (SELECT p.prrelid AS oid
                     UNION
                     SELECT t.relid::oid FROM pg_catalog.pg_partition_tree(p.prrelid::regclass) t WHERE b.pubviaroot) leaf
  JOIN pg_catalog.pg_class c ON c.oid = leaf.oid AND c.relkind = 'r' AND c.relpersistence = 'p'
  JOIN spaces s ON s.oid = c.relnamespace
 CROSS JOIN LATERAL (SELECT array_agg(o.attnum::text) AS keys
                       FROM pg_catalog.pg_index i
                       JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
                       JOIN pg_catalog.pg_attribute o ON o.attrelid = p.prrelid AND o.attname = a.attname
                      WHERE i.indrelid = c.oid
                        AND CASE c.relreplident WHEN 'd' THEN i.indisprimary WHEN 'i' THEN i.indisreplident END) k
 WHERE CASE c.relreplident WHEN 'f' THEN n.listed IS NOT NULL
            ELSE NOT k.keys <@ n.listed
                 OR NOT ARRAY(SELECT v.found[1] FROM regexp_matches(n.filter, ':varattno ([0-9]+)', 'g') AS v (found)) <@ k.keys END
 GROUP BY s.schema, c.relname
UNION ALL
-- Settings of this database, or of a role that works in schema awa, with which sessions start and Awa fails, as a load of data
-- leaves them. Where some role has a setting of its own, that of the database is somebody's plan, and no finding.
SELECT s.schema, 'setting' AS part, concat_ws(' ', e.whose, e.name) AS object,
       json_build_object('message', format('sessions of %s start with %s = %s: %s', e.whose, e.name, e.value, e.effect),
                         'statements', array_remove(ARRAY[
                             -- The session that takes it back may have started with it.
                             CASE e.name WHEN 'default_transaction_read_only' THEN 'SET default_transaction_read_only = off;' END,
                             format('ALTER %s RESET %s;', e.target, e.name)], NULL))::text AS definition
  FROM spaces s
  JOIN pg_catalog.pg_db_role_setting d ON s.schema = 'awa' AND d.setdatabase IN (0, (SELECT b.oid FROM pg_catalog.pg_database b
                                                                                    WHERE b.datname = current_database()))
  LEFT JOIN holders h ON h.oid = d.setrole AND h.schema = s.schema
 CROSS JOIN LATERAL unnest(d.setconfig) AS c (setting)
 CROSS JOIN LATERAL (
        SELECT split_part(c.setting, '=', 1) AS name, split_part(c.setting, '=', 2) AS value,
               CASE WHEN c.setting ~* '^session_replication_role=replica$' THEN 'no trigger of Awa fires'
                    WHEN c.setting ~* '^default_transaction_read_only=(on|t|tr|tru|true|y|ye|yes|1)$' THEN 'no job can be added'
               END AS effect,
               CASE WHEN h.oid IS NULL THEN 'database ' || current_database() ELSE 'role ' || h.rolname END AS whose,
               CASE WHEN h.oid IS NULL THEN format('DATABASE %I', current_database())
                    WHEN d.setdatabase = 0 THEN format('ROLE %I', h.rolname)
                    ELSE format('ROLE %I IN DATABASE %I', h.rolname, current_database()) END AS target) e
 WHERE e.effect IS NOT NULL
   AND (h.oid IS NOT NULL
        OR d.setrole = 0 AND d.setdatabase <> 0
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_db_role_setting o
                            CROSS JOIN LATERAL unnest(o.setconfig) AS x (setting)
                            WHERE o.setrole <> 0 AND o.setdatabase IN (0, d.setdatabase)
                              AND split_part(x.setting, '=', 1) = e.name))
UNION ALL
-- What an extension has adopted (ALTER EXTENSION ... ADD): pg_dump leaves it out, and DROP EXTENSION drops it. Asked from the
-- extensions on, of which there are few.
SELECT s.schema, 'adopted' AS part, o.name AS object, json_build_object('extension', e.extname, 'kind', o.kind)::text AS definition
  FROM pg_catalog.pg_extension e
  JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
 CROSS JOIN LATERAL (
        SELECT n.oid AS space, '(schema)' AS name, 'SCHEMA' AS kind
          FROM pg_catalog.pg_namespace n
         WHERE d.classid = 'pg_catalog.pg_namespace'::regclass AND n.oid = d.objid
        UNION ALL
        SELECT c.relnamespace, c.relname::text, CASE c.relkind WHEN 'S' THEN 'SEQUENCE' WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END
          FROM pg_catalog.pg_class c
         WHERE d.classid = 'pg_catalog.pg_class'::regclass AND c.oid = d.objid
        UNION ALL
        SELECT p.pronamespace, p.proname || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')', 'ROUTINE'
          FROM pg_catalog.pg_proc p
         WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND p.oid = d.objid
        UNION ALL
        SELECT t.typnamespace, t.typname::text, 'TYPE'
          FROM pg_catalog.pg_type t
         WHERE d.classid = 'pg_catalog.pg_type'::regclass AND t.oid = d.objid AND t.typtype IN ('e', 'd', 'r')) o
  JOIN spaces s ON s.oid = o.space
UNION ALL
-- Sequences that have given more than half of their numbers. At a million a second that takes 146,000 years, so one was set
-- by mistake; at its end every statement that takes a number fails (PostgreSQL's CREATE SEQUENCE, NO CYCLE). Those of lanes are
-- read where the lock table has room for them, as in behind.sql: one that was read stays locked until the transaction ends.
SELECT r.schema, 'exhausted' AS part, r.relname AS object, n.last::text AS definition
  FROM (SELECT r.*, count(*) OVER (PARTITION BY r.schema) AS many
          FROM relations r
         WHERE r.relkind = 'S' AND NOT (r.relpersistence = 'u' AND pg_is_in_recovery())) r
 CROSS JOIN LATERAL (
        SELECT CASE WHEN (r.relname !~ '^queue_(enqueue|claim)_seq_[0-9a-f]{32}$'
                          OR r.many <= 16 + current_setting('max_locks_per_transaction')::bigint
                                       * (current_setting('max_connections')::int
                                          + current_setting('max_prepared_transactions')::int) / 2)
                         AND has_schema_privilege(r.relnamespace, 'USAGE') AND has_sequence_privilege(r.oid, 'SELECT')
                    THEN pg_catalog.pg_sequence_last_value(r.oid) END AS last) n
 WHERE n.last > 4611686018427387904
UNION ALL
-- Sequences whose next number rows have already, as a partial restore or logical replication leaves them: what takes its
-- number from one fails with a duplicate key, or is never claimed. A sequence that is ahead is normal, so only the highest
-- row counts. It is found by an index, in each partition that has any page; without that index, itself a finding, nothing
-- is read. A role that may not read a table or a sequence has that as a row: it was not checked. Nor may anybody read one that
-- is not logged, itself a finding, on a standby.
-- Only ts_stat runs a query that is made meanwhile without a procedural language; its words are the texts.
SELECT b.schema, b.part, b.object, b.definition
  FROM (
WITH feeds AS MATERIALIZED (
    SELECT s.schema, f.relname, c.oid, c.relkind, f.sequence, f.slot, f.key, f.number, f.columns, q.oid AS sequence_oid,
           format('%I.%I', s.schema, f.relname) AS name,
           has_schema_privilege(s.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AND NOT row_security_active(c.oid)
           AND NOT (c.relpersistence = 'u' AND pg_is_in_recovery()) AS readable
      FROM (VALUES
        -- Without a sequence: each lane has one of its own.
        (NULL, 'ready_entries', 'ready_slot', 'queue,priority,enqueue_shard,lane_seq', 'lane_seq',
         'ready_slot integer, queue text, priority smallint, enqueue_shard smallint, lane_seq bigint'),
        ('job_id_seq', 'ready_entries', 'ready_slot', 'job_id', 'job_id', 'ready_slot integer, job_id bigint'),
        ('job_id_seq', 'done_entries', 'ready_slot', 'job_id', 'job_id', 'ready_slot integer, job_id bigint'),
        ('job_id_seq', 'deferred_jobs', NULL, 'job_id', 'job_id', 'job_id bigint'),
        ('job_id_seq', 'dlq_entries', NULL, 'job_id', 'job_id', 'job_id bigint'),
        ('jobs_id_seq', 'jobs_hot', NULL, 'id', 'id', 'id bigint'),
        ('jobs_id_seq', 'scheduled_jobs', NULL, 'id', 'id', 'id bigint'),
        ('lease_claim_batch_id_seq', 'lease_claim_batches', 'claim_slot', 'batch_id', 'batch_id',
         'claim_slot integer, batch_id bigint'),
        ('lease_claim_closure_batch_id_seq', 'lease_claim_closure_batches', 'claim_slot', 'batch_id', 'batch_id',
         'claim_slot integer, batch_id bigint'),
        ('ready_claim_attempt_batch_id_seq', 'ready_claim_attempt_batches', 'ready_slot', 'batch_id', 'batch_id',
         'ready_slot integer, batch_id bigint'),
        ('receipt_completion_batch_id_seq', 'receipt_completion_batches', 'ready_slot', 'batch_id', 'batch_id',
         'ready_slot integer, batch_id bigint'),
        -- Receipts have no index by their number: the newest claims have the highest ones, or nearly.
        ('lease_claim_receipt_id_seq', 'lease_claim_batches', 'claim_slot', 'batch_id', 'upper(receipt_ranges) - 1',
         'claim_slot integer, batch_id bigint, receipt_ranges int8multirange'),
        ('lease_claim_receipt_id_seq', 'lease_claims', 'claim_slot', 'claimed_at', 'receipt_id',
         'claim_slot integer, claimed_at timestamp with time zone, receipt_id bigint')
        ) AS f (sequence, relname, slot, key, number, columns)
     CROSS JOIN spaces s
      JOIN pg_catalog.pg_class c ON c.relname = f.relname::name AND c.relnamespace = s.oid AND c.relkind IN ('r', 'p')
      LEFT JOIN pg_catalog.pg_class q ON q.relname = f.sequence::name AND q.relnamespace = s.oid AND q.relkind = 'S'
                                     AND NOT (q.relpersistence = 'u' AND pg_is_in_recovery())
     WHERE f.sequence IS NULL OR q.oid IS NOT NULL
), heads AS MATERIALIZED (
    -- A sequence that was read stays locked until the transaction ends: two of each lane, in half of the lock table.
    SELECT s.schema, s.oid AS space, format('%I.%I', s.schema, e.relname) AS enqueue, m.most,
           format('(SELECT * FROM %I.%I ORDER BY queue, priority, enqueue_shard LIMIT %s)', s.schema, e.relname, m.most)
           AS lanes, format('%I.%I', s.schema, c.relname) AS claim
      FROM spaces s
      JOIN pg_catalog.pg_class e ON e.relname = 'queue_enqueue_heads' AND e.relnamespace = s.oid AND e.relkind = 'r'
      JOIN pg_catalog.pg_class c ON c.relname = 'queue_claim_heads' AND c.relnamespace = s.oid AND c.relkind = 'r'
     CROSS JOIN (SELECT current_setting('max_locks_per_transaction')::bigint
                        * (current_setting('max_connections')::int + current_setting('max_prepared_transactions')::int)
                        / 4 AS most) m
     WHERE pg_catalog.pg_relation_size(e.oid) > 0
       AND has_schema_privilege(s.oid, 'USAGE')
       AND 2 = (SELECT count(*)
                  FROM (VALUES (e.oid, e.relpersistence), (c.oid, c.relpersistence)) AS h (oid, relpersistence)
                 WHERE has_table_privilege(h.oid, 'SELECT') AND NOT row_security_active(h.oid)
                   AND NOT (h.relpersistence = 'u' AND pg_is_in_recovery())
                   AND 4 = (SELECT count(*)
                              FROM pg_catalog.pg_attribute a
                             WHERE a.attrelid = h.oid AND NOT a.attisdropped
                               AND a.attname || ' ' || pg_catalog.format_type(a.atttypid, NULL) IN (
                                   'queue text', 'priority smallint', 'enqueue_shard smallint', 'seq_name text')))
), leaves AS MATERIALIZED (
    SELECT f.*, CASE WHEN f.slot IS NULL THEN '' ELSE format('r.%I = %s AND ', f.slot, l.value) END AS filter
      FROM feeds f
     CROSS JOIN LATERAL (
        SELECT f.oid, NULL AS value
         WHERE f.relkind = 'r' AND f.slot IS NULL
        UNION ALL
        SELECT c.oid, substring(pg_catalog.pg_get_expr(c.relpartbound, c.oid) FROM '^FOR VALUES IN \((-?[0-9]+)\)$')
          FROM pg_catalog.pg_inherits i
          JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
         WHERE f.relkind = 'p' AND f.slot IS NOT NULL AND i.inhparent = f.oid AND c.relkind = 'r'
           AND NOT (c.relpersistence = 'u' AND pg_is_in_recovery())) l
     WHERE f.readable AND (f.slot IS NULL OR l.value IS NOT NULL)
       AND pg_catalog.pg_relation_size(l.oid) > 0
       -- Where a table is not as Awa makes it, that is what is reported.
       AND NOT EXISTS (SELECT FROM unnest(string_to_array(f.columns, ', ')) AS w (wanted)
                        WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a
                                           WHERE a.attrelid = f.oid AND NOT a.attisdropped
                                             AND a.attname || ' ' || pg_catalog.format_type(a.atttypid, NULL) = w.wanted))
       AND EXISTS (SELECT FROM pg_catalog.pg_index i
                     JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
                     JOIN pg_catalog.pg_am m ON m.oid = x.relam AND m.amname = 'btree'
                    CROSS JOIN LATERAL (
                        SELECT string_agg(coalesce(a.attname::text, ''), ',' ORDER BY k.place) || ',' AS keys
                          FROM unnest(i.indkey) WITH ORDINALITY AS k (attnum, place)
                          LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = l.oid AND a.attnum = k.attnum) k
                    WHERE i.indrelid = l.oid AND i.indisvalid AND i.indpred IS NULL
                      AND (starts_with(k.keys, f.key || ',') OR starts_with(k.keys, f.slot || ',' || f.key || ',')))
), questions AS MATERIALIZED (
    SELECT l.schema, l.relname, l.sequence,
           CASE WHEN l.sequence_oid IS NULL OR has_sequence_privilege(l.sequence_oid, 'SELECT')
                THEN format('SELECT array_to_tsvector(ARRAY[json_build_array(%L, m.number)::text]) '
                            'FROM (SELECT %s AS number FROM %s r WHERE %sr.%I IS NOT NULL ORDER BY r.%5$I DESC LIMIT 1) m '
                            'WHERE m.number > coalesce(pg_catalog.pg_sequence_last_value(%s), 0)', l.sequence, l.number,
                            l.name, l.filter, l.key, l.sequence_oid) END AS text
      FROM leaves l
     WHERE l.sequence IS NOT NULL
    UNION ALL
    SELECT l.schema, l.relname, NULL,
           format('SELECT array_to_tsvector(ARRAY[json_build_array(h.seq_name, m.lane_seq, left(h.queue, 100), '
                  'h.priority, h.enqueue_shard)::text]) FROM %s h '
                  'JOIN pg_catalog.pg_class c ON c.relname = left(h.seq_name, 63)::name AND c.relnamespace = %s '
                  'AND c.relkind = ''S'' CROSS JOIN LATERAL (SELECT r.lane_seq FROM %s r WHERE %sr.queue = h.queue '
                  'AND r.priority = h.priority AND r.enqueue_shard = h.enqueue_shard ORDER BY r.lane_seq DESC LIMIT 1) m '
                  'WHERE CASE WHEN has_sequence_privilege(c.oid, ''SELECT'') '
                  'THEN m.lane_seq > coalesce(pg_catalog.pg_sequence_last_value(c.oid), 0) END', h.lanes,
                  h.space, l.name, l.filter)
      FROM leaves l
      JOIN heads h ON h.schema = l.schema
     WHERE l.sequence IS NULL
    UNION ALL
    -- Jobs whose number was claimed already are never looked at. Claims are read first: they follow.
    SELECT h.schema, 'queue_claim_heads', NULL,
           format('SELECT array_to_tsvector(ARRAY[json_build_array(m.seq_name, m.claimed, left(m.queue, 100), '
                  'm.priority, m.enqueue_shard)::text]) FROM (SELECT e.seq_name, h.queue, h.priority, h.enqueue_shard, '
                  'CASE WHEN has_sequence_privilege(c.oid, ''SELECT'') THEN pg_catalog.pg_sequence_last_value(c.oid) END '
                  'AS claimed FROM %s h JOIN %s e ON e.queue = h.queue AND e.priority = h.priority '
                  'AND e.enqueue_shard = h.enqueue_shard '
                  'JOIN pg_catalog.pg_class c ON c.relname = left(h.seq_name, 63)::name AND c.relnamespace = %s '
                  'AND c.relkind = ''S'' OFFSET 0) m '
                  'JOIN pg_catalog.pg_class c ON c.relname = left(m.seq_name, 63)::name AND c.relnamespace = %3$s '
                  'AND c.relkind = ''S'' WHERE CASE WHEN m.claimed > 0 AND has_sequence_privilege(c.oid, ''SELECT'') '
                  'THEN m.claimed > coalesce(pg_catalog.pg_sequence_last_value(c.oid), 0) END', h.claim, h.lanes,
                  h.space)
      FROM heads h
), found AS MATERIALIZED (
    SELECT DISTINCT ON (q.schema, v.sequence) q.schema, v.sequence, v.number, q.relname, v.answer
      FROM questions q
     CROSS JOIN LATERAL ts_stat(q.text) AS s
     CROSS JOIN LATERAL (SELECT s.word::json AS answer, s.word::json ->> 0 AS sequence,
                                (s.word::json ->> 1)::bigint AS number) v
     ORDER BY q.schema, v.sequence, v.number DESC
), certain AS MATERIALIZED (
    -- A sequence that was set or restarted and not used since has a number that no function says.
    SELECT f.*, coalesce(pg_catalog.pg_sequence_last_value(r.oid) + 1,
                         (SELECT s.word::bigint
                            FROM ts_stat(format('SELECT array_to_tsvector(ARRAY[last_value::text]) FROM %I.%I',
                                                f.schema, f.sequence)) AS s)) AS next
      FROM found f
      JOIN relations r ON r.schema = f.schema AND r.relname = f.sequence AND r.relkind = 'S'
                      AND NOT (r.relpersistence = 'u' AND pg_is_in_recovery())
)
SELECT c.schema, 'behind' AS part, c.sequence AS object,
       json_build_object('next', c.next, 'highest', c.number, 'table', c.relname, 'queue', c.answer ->> 2,
                         'priority', (c.answer ->> 3)::int, 'shard', (c.answer ->> 4)::int)::text AS definition
  FROM certain c
 WHERE c.number >= c.next
UNION ALL
SELECT DISTINCT f.schema, 'unread', f.relname, ''
  FROM feeds f
 WHERE NOT f.readable
UNION ALL
SELECT h.schema, 'unread', '#', h.most::text
  FROM heads h
 WHERE h.most < (SELECT s.word::bigint
                   FROM ts_stat(format('SELECT array_to_tsvector(ARRAY[count(*)::text]) FROM %s', h.enqueue)) AS s)
UNION ALL
SELECT r.schema, 'unread', '', count(*)::text
  FROM relations r
 WHERE r.relkind = 'S'
   AND (r.relname ~ '^queue_(enqueue|claim)_seq_[0-9a-f]{32}$' OR r.relname IN (SELECT f.sequence FROM feeds f))
   AND NOT (has_schema_privilege(r.relnamespace, 'USAGE') AND has_sequence_privilege(r.oid, 'SELECT'))
 GROUP BY r.schema
  ) b
UNION ALL
-- Whether the library of this server sorts text otherwise than the one with which the indexes of this database were built, as
-- after a move to another operating system: PostgreSQL 15 and newer record the version of a collation. C and POSIX have none.
-- It is said once, of schema awa where that is looked at. Version 14 has neither the column nor the function, and only ts_stat
-- runs a query that is made meanwhile without a procedural language; its words are the texts.
SELECT s.schema, 'collation' AS part, 'database ' || d.name AS object,
       json_build_object('message', format('database %s was made with version %s of its collation, and the library of the '
                                           'server has %s: indexes of texts may miss rows', d.name, v.recorded, v.actual),
                         'statements', ARRAY[format('REINDEX DATABASE %I;', d.name),
                                             format('ALTER DATABASE %I REFRESH COLLATION VERSION;', d.name)])::text AS definition
  FROM (SELECT s.schema FROM spaces s ORDER BY s.schema <> 'awa', s.schema LIMIT 1) s
 CROSS JOIN (SELECT current_database()::text AS name) d
 CROSS JOIN LATERAL ts_stat(CASE WHEN current_setting('server_version_num')::int < 150000
                                 THEN 'SELECT array_to_tsvector(ARRAY[]::text[])'
                                 ELSE 'SELECT array_to_tsvector(ARRAY[json_build_array(d.datcollversion, '
                                      'pg_catalog.pg_database_collation_actual_version(d.oid))::text]) '
                                      'FROM pg_catalog.pg_database d WHERE d.datname = current_database() '
                                      'AND d.datcollversion <> pg_catalog.pg_database_collation_actual_version(d.oid)'
                                 END) AS w
 CROSS JOIN LATERAL (SELECT w.word::json ->> 0 AS recorded, w.word::json ->> 1 AS actual) v
), observed AS MATERIALIZED (
    SELECT r.schema, r.part, r.object,
           CASE WHEN r.part NOT IN ('body', 'view') THEN r.definition
                ELSE 'sha256 ' || encode(sha256(convert_to(replace(
                    CASE WHEN split_part(r.object, '(', 1) = ANY ('{lease_claim_closure_batch_id_seq,queue_enqueue_head_sequence_sync,ready_claim_attempt_batch_id_seq,receipt_completion_batch_id_seq,queue_claim_head_sequence_sync,receipt_completion_tombstones,lease_claim_closure_batches,queue_terminal_count_deltas,ready_claim_attempt_batches,lease_claim_receipt_id_seq,queue_terminal_live_counts,receipt_completion_batches,lease_claim_batch_id_seq,queue_lane_sequence_name,queue_terminal_rollups,ensure_lane_sequences,lease_claim_closures,queue_claimer_leases,claim_ready_runtime,lease_claim_batches,queue_claimer_state,queue_enqueue_heads,reserve_enqueue_seq,sequence_next_value,queue_claim_heads,set_sequence_next,claim_ring_slots,claim_ring_state,lease_ring_slots,lease_ring_state,queue_ring_slots,queue_ring_state,ready_tombstones,ready_segments,attempt_state,deferred_jobs,ready_entries,terminal_jobs,done_entries,lease_claims,dlq_entries,queue_lanes,job_id_seq,leases}'::text[])
                         THEN replace(regexp_replace(regexp_replace(r.definition,
                                  '(?<![\w".])' || quote_ident(r.schema) || '\.(?=(?:' || 'lease_claim_closure_batch_id_seq|queue_enqueue_head_sequence_sync|ready_claim_attempt_batch_id_seq|receipt_completion_batch_id_seq|queue_claim_head_sequence_sync|receipt_completion_tombstones|lease_claim_closure_batches|queue_terminal_count_deltas|ready_claim_attempt_batches|lease_claim_receipt_id_seq|queue_terminal_live_counts|receipt_completion_batches|lease_claim_batch_id_seq|queue_lane_sequence_name|queue_terminal_rollups|ensure_lane_sequences|lease_claim_closures|queue_claimer_leases|claim_ready_runtime|lease_claim_batches|queue_claimer_state|queue_enqueue_heads|reserve_enqueue_seq|sequence_next_value|queue_claim_heads|set_sequence_next|claim_ring_slots|claim_ring_state|lease_ring_slots|lease_ring_state|queue_ring_slots|queue_ring_state|ready_tombstones|ready_segments|attempt_state|deferred_jobs|ready_entries|terminal_jobs|done_entries|lease_claims|dlq_entries|queue_lanes|job_id_seq|leases' || ')(?:_[0-9]+)?(?!\w))',
                                  '{schema}.', 'g'),
                                  '\yidx_' || r.schema || '_(?=[a-z0-9_])', 'idx_{schema}_', 'g'),
                                  '''' || r.schema || '''', '''{schema}''')
                         ELSE r.definition END, E'\r\n', E'\n'), 'UTF8')), 'hex') END AS definition
      FROM raw r
     WHERE r.part = ANY ('{body,column,constraint,function,index,inheritance,other,partition,policy,reference,relation,rule,sequence,storage,trigger,type,view}'::text[])
       AND (r.part <> 'sequence' OR r.definition <> 'bigint start 1 increment 1 from 1 to 9223372036854775807 cache 1' OR r.object !~ '^queue_(enqueue|claim)_seq_[0-9a-f]{32}$')
), unequal AS MATERIALIZED (
    -- A schema whose entries, sorted, have the hash that this script expects has no difference. Only another one is
    -- compared entry by entry.
    SELECT s.schema
      FROM spaces s
      LEFT JOIN json_to_recordset('[{"schema": "awa", "major": 14, "digest": "0dc2bd93b8c8ff2f7b3dd06802c5fb84874238195655c812c4ca9cd0fb025b87"}, {"schema": "awa", "major": 15, "digest": "0dc2bd93b8c8ff2f7b3dd06802c5fb84874238195655c812c4ca9cd0fb025b87"}, {"schema": "awa", "major": 16, "digest": "bed9303a6864eadf00b6b387ce4880d9f808f01bc9ce2ed4ab9e76f1a593882a"}, {"schema": "awa", "major": 17, "digest": "bed9303a6864eadf00b6b387ce4880d9f808f01bc9ce2ed4ab9e76f1a593882a"}, {"schema": "awa", "major": 18, "digest": "bed9303a6864eadf00b6b387ce4880d9f808f01bc9ce2ed4ab9e76f1a593882a"}, {"schema": "acme_jobs", "major": 14, "digest": "eeac8d506c974db15ad130008bd5c6abbf2b54dfa918d97f19924f72838a2a9a"}, {"schema": "acme_jobs", "major": 15, "digest": "eeac8d506c974db15ad130008bd5c6abbf2b54dfa918d97f19924f72838a2a9a"}, {"schema": "acme_jobs", "major": 16, "digest": "eeac8d506c974db15ad130008bd5c6abbf2b54dfa918d97f19924f72838a2a9a"}, {"schema": "acme_jobs", "major": 17, "digest": "eeac8d506c974db15ad130008bd5c6abbf2b54dfa918d97f19924f72838a2a9a"}, {"schema": "acme_jobs", "major": 18, "digest": "eeac8d506c974db15ad130008bd5c6abbf2b54dfa918d97f19924f72838a2a9a"}]'::json) AS d (schema text, major int, digest text)
             ON d.schema = s.schema AND d.major = least(current_setting('server_version_num')::int / 10000, 18)
     WHERE d.digest IS DISTINCT FROM
           (SELECT encode(sha256(convert_to(string_agg(l.line, '' ORDER BY l.line COLLATE "C"), 'UTF8')), 'hex')
              FROM (SELECT o.part || E'\t' || o.object || E'\t' || o.definition || E'\n' AS line
                      FROM observed o WHERE o.schema = s.schema) l)
), given AS MATERIALIZED (
    SELECT e.value AS v FROM json_array_elements( E'[facts: 122296 bytes, sha256 f38ccd3f93cf6b6c2d7b2657c5ffc2057326318fa8f275932fe1f1c25eaad520]'::json) AS e WHERE EXISTS (SELECT FROM unequal)
), template AS MATERIALIZED (
    -- What Awa '0.6.9' makes, from a database that its own command migrated. Bodies are hashes.
    SELECT v ->> 0 AS part, v ->> 1 AS object,
           coalesce(v -> 3 ->> (current_setting('server_version_num')::int / 10000)::text, v ->> 2) AS definition,
           v ->> 4 AS without_receipts, (v ->> 5)::boolean AS canonical
      FROM given
), wanted AS MATERIALIZED (
    SELECT w.schema, quote_ident(w.schema) AS quoted, w.q, w.l, w.c, w.receipts
      FROM json_to_recordset('[{"schema": "awa", "q": 16, "l": 8, "c": 8, "receipts": true}, {"schema": "acme_jobs", "q": 16, "l": 8, "c": 8, "receipts": true}]'::json) AS w (schema text, q int, l int, c int, receipts boolean)
), filled AS MATERIALIZED (
    SELECT w.schema, w.quoted, t.part, CASE s.slot WHEN '' THEN t.object ELSE replace(t.object, s.slot, n.number::text) END
           AS object, CASE s.slot WHEN '' THEN d.definition ELSE replace(d.definition, s.slot, n.number::text) END AS definition
      FROM wanted w
     CROSS JOIN template t
     CROSS JOIN LATERAL (SELECT CASE WHEN w.receipts THEN t.definition
                                     ELSE coalesce(t.without_receipts, t.definition) END AS definition) d
     CROSS JOIN LATERAL (SELECT CASE WHEN strpos(t.object, '{q}') > 0 THEN '{q}'
                                     WHEN strpos(t.object, '{l}') > 0 THEN '{l}'
                                     WHEN strpos(t.object, '{c}') > 0 THEN '{c}' ELSE '' END AS slot) s
     CROSS JOIN LATERAL generate_series(0, CASE s.slot WHEN '{q}' THEN w.q WHEN '{l}' THEN w.l WHEN '{c}' THEN w.c
                                                       ELSE 1 END - 1) AS n (number)
     WHERE NOT t.canonical AND (w.schema IN (SELECT u.schema FROM unequal u)) IS TRUE
), expected AS MATERIALIZED (
    SELECT 'awa' AS schema, t.part, t.object, t.definition FROM template t
     WHERE t.canonical AND 'awa' IN (SELECT u.schema FROM unequal u)
    UNION ALL
    SELECT f.schema, f.part,
           regexp_replace(replace(replace(f.object, 'idx_{schema}_', i.start), '{schema}.', f.quoted || '.'), i.long, '\1', 'g'),
           regexp_replace(replace(replace(f.definition, 'idx_{schema}_', i.start), '{schema}.', f.quoted || '.'),
                          i.long, '\1', 'g')
      FROM filled f
     -- PostgreSQL cuts names of indexes after 63 bytes.
     CROSS JOIN LATERAL (SELECT 'idx_' || f.schema || '_' AS start, '(\yidx_[a-z0-9_]{59})[a-z0-9_]+' AS long) i
), compared AS MATERIALIZED (
    SELECT b.schema, b.part, b.object, max(b.expected) AS expected, max(b.found) AS found
      FROM (SELECT e.schema, e.part, e.object, e.definition AS expected, NULL AS found FROM expected e
            UNION ALL
            SELECT o.schema, o.part, o.object,
                   CASE WHEN o.part = 'sequence' AND o.object ~ '^queue_(enqueue|claim)_seq_[0-9a-f]{32}$' THEN 'bigint start 1 increment 1 from 1 to 9223372036854775807 cache 1' END,
                   o.definition
              FROM observed o
             -- Looked up by hash: as a join, each entry would be compared with each of the schemas, of which there may be hundreds.
             WHERE (o.schema IN (SELECT u.schema FROM unequal u)) IS TRUE) b
     GROUP BY b.schema, b.part, b.object
    HAVING max(b.expected) IS DISTINCT FROM max(b.found)
), differing AS MATERIALIZED (
    SELECT d.*, substring(d.relation FROM ('^(' || 'receipt_completion_tombstones|ready_claim_attempt_batches|queue_terminal_count_deltas|lease_claim_closure_batches|receipt_completion_batches|lease_claim_closures|lease_claim_batches|ready_tombstones|ready_segments|ready_entries|done_entries|lease_claims|leases' || ')_[0-9]+$')) AS parent,
           substring(d.relation FROM ('^(?:' || 'receipt_completion_tombstones|ready_claim_attempt_batches|queue_terminal_count_deltas|lease_claim_closure_batches|receipt_completion_batches|lease_claim_closures|lease_claim_batches|ready_tombstones|ready_segments|ready_entries|done_entries|lease_claims|leases' || ')_([0-9]+)$')) AS slot
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
), health AS MATERIALIZED (
    -- The few entries that are about owners, privileges and row-level security.
    SELECT r.schema, r.part, r.object, r.definition
      FROM raw r
     WHERE r.part IN ('security', 'owner', 'weak-role', 'denied', 'public', 'published', 'narrowed', 'setting', 'adopted', 'exhausted', 'behind', 'unread', 'collation')
        OR r.schema = 'awa' AND r.part IN ('function', 'privilege')
           AND r.object IN (SELECT json_array_elements_text('["install_queue_storage_substrate(p_schema text, p_queue_slot_count integer, p_lease_slot_count integer, p_claim_slot_count integer, p_lease_claim_receipts boolean)"]'::json))
), behind AS MATERIALIZED (
    SELECT r.schema, r.object, format('%I.%I', r.schema, r.object) AS name, r.definition::json AS at
      FROM health r
     WHERE r.part = 'behind'
), released AS MATERIALIZED (
    SELECT v.version FROM unnest('{1,2,3,4,5,6,7,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,35,36,37,38,39,40}'::int[]) AS v (version)
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
      FROM json_to_recordset('[{"number": 1, "ring": "queue_ring", "pattern": "^(?:ready_entries|ready_tombstones|ready_claim_attempt_batches|ready_segments|done_entries|receipt_completion_batches|receipt_completion_tombstones|queue_terminal_count_deltas)_([0-9]+)$", "family": "^ready_entries_[0-9]+$", "slots": 16}, {"number": 2, "ring": "lease_ring", "pattern": "^(?:leases)_([0-9]+)$", "family": "^leases_[0-9]+$", "slots": 8}, {"number": 3, "ring": "claim_ring", "pattern": "^(?:lease_claims|lease_claim_batches|lease_claim_closures|lease_claim_closure_batches)_([0-9]+)$", "family": "^lease_claims_[0-9]+$", "slots": 8}]'::json) AS k (number int, ring text, pattern text, family text, slots bigint)
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
     CROSS JOIN LATERAL (SELECT r.object ~ '^queue_(enqueue|claim)_seq_[0-9a-f]{32}$' AS lane) l
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
    SELECT 'awa', true, format('version %s, but Awa %s is at %s', max(r.version), '0.6.9', 40::int)
      FROM recorded r
    HAVING max(r.version) < 40
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
     WHERE (SELECT max(r.version) FROM recorded r) >= 40
    HAVING count(*) > 0
    UNION ALL
    SELECT 'awa', true,
           format('awa.schema_version has rows that Awa %s never wrote: %s', '0.6.9',
                  string_agg(r.version::text, ', ' ORDER BY r.version))
      FROM recorded r
     WHERE r.version < 40 AND r.version NOT IN (SELECT e.version FROM released e)
       AND (SELECT max(o.version) FROM recorded o) >= 40
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
SELECT format('schema %s: structure', w.schema), 'as Awa ' || '0.6.9' || ' makes it',
       CASE WHEN s.schema IS NULL THEN 'there is no such schema'
            WHEN EXISTS (SELECT FROM families f WHERE f.schema = w.schema) THEN 'not as Awa ' || '0.6.9' || ' makes it'
            ELSE 'as Awa ' || '0.6.9' || ' makes it' END,
       s.schema IS NOT NULL AND NOT EXISTS (SELECT FROM families f WHERE f.schema = w.schema)
  FROM wanted w
  LEFT JOIN spaces s ON s.schema = w.schema
 ORDER BY 4 DESC NULLS LAST, 1;
COMMIT;
