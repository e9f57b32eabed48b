-- One finding of the last verification: a table built a second time from raw events and compared, or a check on all rows.
-- key: verified_at, table_name
create table if not exists verifications (
    verified_at timestamptz not null, -- when it began
    watermark bigint not null, -- the last load sequence it covers
    table_name varchar not null, -- the table compared; behind 'published': the published file, compared with it; raw_events with an inbox file in parentheses: compared with that inbox; a check's name behind 'check: '
    row_count bigint not null, -- rows it holds, or the inbox up to its position
    content_hash varchar not null, -- sum of the rows' hashes: the same rows in any order give the same
    missing bigint not null, -- rows that the rebuild or the inbox has and the table has not
    unexpected bigint not null -- rows that the table has and the rebuild has not; of a check, the rows that break it
);
