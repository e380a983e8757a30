SELECT {what}, 'nothing missing', coalesce(string_agg(lacks.text, '; ' ORDER BY lacks.text), 'nothing missing')
  FROM (
        -- (lacks)
       ) AS lacks
