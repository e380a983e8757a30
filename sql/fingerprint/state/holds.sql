-- Whether table {table_name} of schema {schema_name} holds any row.
SELECT {table}::text AS relation WHERE EXISTS (SELECT FROM {schema_name}.{table_name})
