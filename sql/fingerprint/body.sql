-- The bodies of functions, whole: facts hold only their hash, but a readable difference needs the text.
SELECT 'body' AS part, p.proname || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')' AS object,
       p.prosrc AS definition
  FROM pg_catalog.pg_proc p
 WHERE p.pronamespace = to_regnamespace({schema})
