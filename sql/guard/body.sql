BEGIN
    IF current_setting('awa_infra.allow_drop', true) IS DISTINCT FROM {schema}
       AND EXISTS (SELECT FROM pg_event_trigger_dropped_objects() AS o
                    WHERE o.object_type = 'schema' AND o.object_name = {schema}) THEN
        RAISE EXCEPTION 'Schema % of database % is guarded, so it is not dropped.', {schema}, current_database()
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = format('It belongs to Awa and may hold jobs. If it has to go: SET awa_infra.allow_drop = %L; then drop it in the same session.',
                                {schema});
    END IF;
END
