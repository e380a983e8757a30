-- Runs Awa's own installer again over queue-storage schema {schema}, with the shape that it has. It creates
-- what is missing and replaces functions; it drops nothing. Awa's migrations do the same at every upgrade.
SELECT awa.install_queue_storage_substrate({schema}, {queue_slots}, {lease_slots}, {claim_slots}, {receipts});
SELECT awa.apply_receipt_plane_fillfactor({schema});
