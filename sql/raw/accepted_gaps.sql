-- One loss that somebody accepted with `cbw restore --allow-gaps`: deliveries, a frozen night or an owner's file.
-- key: accepted_at, kind, name
create table if not exists accepted_gaps (
    accepted_at timestamptz not null, -- our clock
    kind varchar not null, -- inbox, archive, readers, night, file or manifest
    name varchar not null, -- the inbox, night or file
    missing bigint not null, -- deliveries; 0 where the loss is of another kind
    first_number bigint not null, -- the first missing number of the inbox; 0 where it is unknown
    last_number bigint not null, -- the last
    reason varchar not null -- the archive files that are missing or changed
);
