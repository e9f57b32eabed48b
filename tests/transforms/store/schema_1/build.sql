-- build.duckdb as the first release made it, but for the models' tables, which are built anew. Frozen.
create table build_state (
    name varchar not null,
    value varchar not null
);
create table check_results (
    run_id varchar not null,
    check_name varchar not null,
    severity varchar not null,
    violations bigint not null,
    checked_at timestamptz not null
);
create table pipeline_runs (
    run_id varchar not null,
    trigger varchar not null,
    mode varchar not null,
    started_at timestamptz not null,
    finished_at timestamptz not null,
    status varchar not null,
    events_in bigint not null,
    rows_changed bigint not null,
    watermark bigint not null,
    published_version bigint,
    detail varchar
);
create table verifications (
    verified_at timestamptz not null,
    watermark bigint not null,
    table_name varchar not null,
    row_count bigint not null,
    content_hash varchar not null,
    missing bigint not null,
    unexpected bigint not null
);
