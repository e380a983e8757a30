SELECT {what}, 'nothing missing', coalesce(string_agg(lacks.text, '; ' ORDER BY lacks.text), 'nothing missing')
  FROM (
{lacks}
       ) AS lacks
 -- Whether whoever asks could act as the owner is no fact of the database.
 WHERE lacks.step <> 'act-as'
