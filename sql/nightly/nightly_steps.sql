-- One step of one night, as the last attempt left it.
-- key: night_date, step
create table if not exists nightly_steps (
    night_date date not null, -- joins to nightly_runs.night_date
    step varchar not null, -- refresh, verify, ...
    step_number integer not null, -- its place, from 1
    started_at timestamptz not null, -- when it began
    seconds double not null, -- how long it took
    status varchar not null, -- done, failed or skipped (a step it needs was not done)
    detail varchar not null -- the step's result, or the reason for its failure
);
