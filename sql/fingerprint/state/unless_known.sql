-- Follows scope.sql: the rows of all parts, but only where they are others than those that this client has already. A catalog
-- is half a megabyte, and a fleet has the same one in every database. Their order is that of the plan, so equal rows in
-- another order are sent again, and nothing else follows from that.
, entries (schema, part, object, definition) AS MATERIALIZED (
{entries}
), digest AS MATERIALIZED (
    -- The same bytes are other characters in another encoding.
    SELECT pg_catalog.getdatabaseencoding() || ' '
           || encode(sha256(convert_to(string_agg(e::text, chr(10)), pg_catalog.getdatabaseencoding())), 'hex') AS text
      FROM entries e
)
SELECT '' AS schema, 'digest' AS part, '' AS object, d.text AS definition
  FROM digest d
UNION ALL
SELECT e.schema, e.part, e.object, e.definition
  FROM entries e
 CROSS JOIN digest d
 WHERE d.text <> ALL (ARRAY(SELECT json_array_elements_text({known}::json)))
