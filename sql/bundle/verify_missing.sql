SELECT {what}, 'nothing missing', coalesce(string_agg(missing.text, '; ' ORDER BY missing.text), 'nothing missing')
  FROM (
{missing}
       ) AS missing
 -- Whether whoever asks could act as the owner is no fact of the database.
 WHERE missing.step <> 'act-as'
