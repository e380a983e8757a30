-- The bodies of functions, whole: facts hold only their hash, but a readable difference needs the text.
SELECT f.schema, 'body' AS part, f.signature AS object, f.prosrc AS definition
  FROM functions f
