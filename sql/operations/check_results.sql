-- The result of one check in one run.
-- key: run_id, check_name
create table if not exists check_results (
    run_id varchar not null, -- joins to pipeline_runs.run_id
    check_name varchar not null, -- the sentence the check asserts
    severity varchar not null, -- blocking or warning
    violations bigint not null, -- offending rows found
    checked_at timestamptz not null
);
