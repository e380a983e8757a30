    -- {what}
    IF string_to_array({needs}, ' ') <@ readable THEN
        facts := facts || coalesce(
            (SELECT jsonb_agg(jsonb_build_object('what', fact.what, 'expected', fact.expected,
                                                 'found', coalesce(fact.found, 'nothing'), 'brought', {brought}))
               FROM (
{query}
                    ) AS fact (what, expected, found)), '[]');
    ELSE
        facts := facts || jsonb_build_array(jsonb_build_object(
            'what', {what}, 'expected', {expected}, 'brought', {brought},
            'found', CASE WHEN string_to_array({needs}, ' ') <@ there
                          THEN format('not readable by role %s', current_user) ELSE 'not there' END));
    END IF;

