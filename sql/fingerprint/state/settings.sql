-- Settings under which the server prints definitions the same way for everybody; only for this transaction.
-- Catalogs of a fresh database have no statistics: nested loops would then take ten times as long.
SET LOCAL search_path = '';
SET LOCAL quote_all_identifiers = off;
SET LOCAL DateStyle = 'ISO, MDY';
SET LOCAL IntervalStyle = 'postgres';
SET LOCAL TimeZone = 'UTC';
SET LOCAL extra_float_digits = 1;
SET LOCAL bytea_output = 'hex';
SET LOCAL jit = off;
SET LOCAL enable_nestloop = off
