-- Keeps the counters of ended jobs of queue-storage schema {schema} aside, until the end of the transaction. What
-- follows counts the jobs that have ended anew, and does it wrong (Awa 0.6.9: the installer, where it finds no
-- counters, and always versions 27 and 28): jobs whose deltas are not folded in yet come out twice, and those that
-- ended in batches of receipts not at all.
LOCK TABLE {schema_name}.queue_terminal_live_counts IN ACCESS EXCLUSIVE MODE;
CREATE TEMPORARY TABLE {counters} ON COMMIT DROP AS SELECT * FROM {schema_name}.queue_terminal_live_counts;
CREATE TEMPORARY TABLE {trust} ON COMMIT DROP AS
SELECT terminal_counter_trusted_at AS trusted_at FROM {schema_name}.queue_ring_state;
