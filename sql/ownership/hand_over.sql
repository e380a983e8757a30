-- The statements that hand over what belongs to another role than its schema, one row for each object; of the schemas
-- {only} alone, or if there are none, of all.
SELECT s.schema, s.owner, s.belongs, s.movable, s.hint,
       format('ALTER %s %s OWNER TO %I;', s.word, s.full_name, s.owner)
       -- A runtime goes on with the lanes that it made.
       || CASE WHEN s.word = 'SEQUENCE' AND NOT s.member
               THEN format(' GRANT USAGE, SELECT, UPDATE ON SEQUENCE %s TO %I;', s.full_name, s.belongs)
               ELSE '' END AS sql
  FROM (
{strangers}
       ) AS s
 WHERE json_array_length({only}::json) = 0 OR s.schema = ANY (ARRAY(SELECT json_array_elements_text({only}::json)))
 ORDER BY s.schema, s.belongs, s.word, s.full_name
