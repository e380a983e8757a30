SELECT {what}, 'nothing missing', coalesce(string_agg(missing.text, '; ' ORDER BY missing.text), 'nothing missing')
  FROM (
{missing}
       ) AS missing
 -- Whether the current role may act as the owner is not part of the comparison.
 WHERE missing.step <> 'act-as'
