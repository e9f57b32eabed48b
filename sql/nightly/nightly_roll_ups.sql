-- One night whose figures are frozen: the knowledge of that night can be queried for ever.
-- key: night_date
create table if not exists nightly_roll_ups (
    night_date date not null, -- days before it are frozen with it
    previous_night_date date, -- the night frozen before; NULL for the first
    frozen_at timestamptz not null, -- when its figures were known
    watermark bigint not null, -- the last load sequence that its figures include
    is_caught_up boolean not null, -- a missed night: its figures were known only after a later night was due
    figures_changed bigint not null, -- rows of nightly_figures that it added
    days_restated bigint not null, -- rows of restatements that it added
    report_zone varchar -- the zone of its days (CBW_TIMEZONE); NULL for nights frozen before it was recorded
);
