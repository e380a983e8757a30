-- +goose Up
-- +goose StatementBegin
[all of shared/both/awa_infra/lock.sql]

-- What comes now is run as it was published:
[all of shared/full/custom/R__awa_20_lanes_shop_queue.sql]

-- +goose StatementEnd
