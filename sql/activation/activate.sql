-- Activation, on explicit request: from here on new jobs go to queue storage in schema {schema}. There is no
-- supported way back, and none to another schema. Awa's own function decides whether the database is fresh.
DO $awa_infra$
BEGIN
    IF NOT awa.storage_auto_finalize_if_fresh({schema}) THEN
        RAISE EXCEPTION 'Awa did not activate queue storage in schema %: the database is not fresh any more.', {schema}
            USING ERRCODE = '55000',
                  HINT = 'Look at it with awa-infra status. A database with jobs takes the staged way of awa storage.';
    END IF;
END
$awa_infra$
