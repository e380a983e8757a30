-- Who has held locks on Awa's tables in this database for so long, the oldest transaction first: sessions, and prepared
-- transactions, which have a name instead.
WITH holders AS (
    SELECT DISTINCT l.pid, l.virtualtransaction
      FROM pg_catalog.pg_locks l
      JOIN pg_catalog.pg_class c ON c.oid = l.relation
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE l.granted AND l.locktype = 'relation'
       AND (n.nspname = 'awa'
            OR EXISTS (SELECT FROM pg_catalog.pg_proc p
                        WHERE p.pronamespace = n.oid AND p.proname = 'claim_ready_runtime'))
)
SELECT h.pid, h.name, h."user", h.application_name, h.state,
       extract(epoch FROM clock_timestamp() - h.since)::int AS seconds, h.query
  FROM (SELECT a.pid, NULL AS name, a.usename::text AS "user", a.application_name, a.state, a.xact_start AS since,
               -- Up to the first value or comment: another session's statement can hold a password or a customer's data.
               left(regexp_replace(regexp_replace(a.query, '(''|\$|=|--|/\*|\m[0-9]).*$', '...'), '\s+', ' ', 'g'), 80)
               AS query
          FROM pg_catalog.pg_stat_activity a
         WHERE a.datname = current_database()
           AND a.pid <> pg_backend_pid()
           AND a.pid <> {own_pid}
           AND a.pid IN (SELECT o.pid FROM holders o)
        UNION ALL
        SELECT NULL, quote_literal(p.gid), p.owner::text, '', 'prepared', p.prepared, NULL
          FROM pg_catalog.pg_prepared_xacts p
         WHERE p.database = current_database()
           AND EXISTS (SELECT FROM pg_catalog.pg_locks x
                         JOIN holders o ON o.pid IS NULL AND o.virtualtransaction = x.virtualtransaction
                        WHERE x.pid IS NULL AND x.locktype = 'transactionid' AND x.transactionid = p.transaction)) h
 -- A transaction that began later has blocked no one for so long. Its age may be hidden from this role.
 WHERE h.since IS NULL OR h.since <= clock_timestamp() - make_interval(secs => {seconds})
 ORDER BY h.since NULLS LAST
 LIMIT 3
