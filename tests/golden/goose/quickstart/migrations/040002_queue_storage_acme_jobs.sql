-- +goose Up
-- +goose StatementBegin
[all of shared/both/awa_infra/lock.sql]

-- What comes now is run as it was published:
[all of shared/quickstart/custom/R__awa_10_queue_storage_acme_jobs.sql]

-- +goose StatementEnd
