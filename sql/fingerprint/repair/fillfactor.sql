-- Sets the storage parameters that Awa's installer alone leaves out, in queue-storage schema {schema}.
SELECT awa.apply_receipt_plane_fillfactor({schema})
