-- A night records the report zone of its figures; of nights frozen before, it is not known.
alter table if exists nightly_roll_ups add column if not exists report_zone varchar;
