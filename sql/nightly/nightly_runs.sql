-- One night: when its job ran and how it ended. A night is named by the date on which it begins in the report zone.
-- key: night_date
create table if not exists nightly_runs (
    night_date date not null, -- the night
    due_at timestamptz not null, -- CBW_NIGHTLY_AT of that date
    trigger varchar not null, -- timer, or command
    attempts integer not null, -- how often it was started: 0 when it was missed, more than once when its process died or it was repeated
    started_at timestamptz not null, -- of the last attempt
    finished_at timestamptz, -- NULL while it runs, and when its process died
    status varchar not null, -- running, done, failed (a step failed), interrupted (stopped between two steps) or caught_up (missed, frozen with a later night)
    waited_seconds double not null -- for how long refreshes waited: the time of all steps but its own refresh
);
