-- One run of the pipeline.
-- key: run_id
create table if not exists pipeline_runs (
    run_id varchar not null, -- time-ordered and unique
    trigger varchar not null, -- timer, data_synced, command, nightly or startup
    mode varchar not null, -- full or incremental
    started_at timestamptz not null,
    finished_at timestamptz not null,
    status varchar not null, -- published, unchanged, blocked (a check failed) or failed
    events_in bigint not null, -- deliveries loaded by this run
    rows_changed bigint not null, -- rows written to facts and reports
    watermark bigint not null, -- the last load sequence the tables include
    published_version bigint, -- NULL when nothing was published
    detail varchar -- why it was blocked or failed
);
