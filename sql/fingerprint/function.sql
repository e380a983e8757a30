-- Functions: what they return and how they run. Their bodies are a part of their own.
SELECT 'function' AS part, p.proname || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')' AS object,
       concat_ws(' ', l.lanname, CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' WHEN 'w' THEN 'window' END,
                 'returns ' || pg_catalog.pg_get_function_result(p.oid),
                 CASE p.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' ELSE 'volatile' END,
                 CASE WHEN p.prosecdef THEN 'security definer' END, CASE WHEN p.proisstrict THEN 'strict' END,
                 CASE WHEN p.proleakproof THEN 'leakproof' END,
                 CASE p.proparallel WHEN 's' THEN 'parallel safe' WHEN 'r' THEN 'parallel restricted' END,
                 CASE WHEN p.procost NOT IN (1, 100) THEN 'cost ' || p.procost END,
                 CASE WHEN p.prorows NOT IN (0, 1000) THEN 'rows ' || p.prorows END,
                 'set ' || array_to_string(p.proconfig, ', '),
                 'arguments ' || nullif(pg_catalog.pg_get_function_arguments(p.oid), '')) AS definition
  FROM pg_catalog.pg_proc p
  JOIN pg_catalog.pg_language l ON l.oid = p.prolang
 WHERE p.pronamespace = to_regnamespace({schema})
