-- Takes Awa's migration lock until the session ends.
-- Never touches jobs, other schemas, or which storage is active.
-- Awa's migration lock for the session, so that no other migration starts between two that commit by themselves. This
-- transaction has it already; the end of the session releases it.
DO $awa_infra$
BEGIN
    PERFORM pg_catalog.pg_advisory_lock(4708303813013489490);
END
$awa_infra$;
