-- One schema version that this file was brought to, by a release that made it or a migration; the greatest is the present.
-- key: version
create table if not exists schema_versions (
    version integer not null, -- 1 is the first; a file without this table has it too
    recorded_at timestamptz not null -- our clock
);
