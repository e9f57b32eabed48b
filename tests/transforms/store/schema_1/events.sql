-- events.duckdb as the first release made it. Frozen: a later release has to open such a file.
create table inbox_positions (
    inbox_id varchar not null,
    inbox_sequence bigint not null
);
create table raw_events (
    sequence bigint not null,
    inbox_id varchar not null,
    inbox_sequence bigint not null,
    received_at timestamptz not null,
    body blob not null,
    body_sha256 varchar not null,
    body_hash ubigint not null,
    secret_id varchar not null,
    content_type varchar,
    peer varchar,
    verdict varchar,
    document varchar
);
