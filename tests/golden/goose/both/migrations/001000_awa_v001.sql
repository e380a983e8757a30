-- +goose Up
-- +goose StatementBegin
[all of shared/both/awa_infra/lock.sql]

-- What comes now is run as it was published:
[Awa's own text of V001]
-- +goose StatementEnd
