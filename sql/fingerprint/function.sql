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
