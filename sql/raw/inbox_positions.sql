-- How far each inbox was loaded; written in the transaction that writes the rows, which makes loading exactly once.
-- key: inbox_id
create table if not exists inbox_positions (
    inbox_id varchar not null,
    inbox_sequence bigint not null -- the last one loaded
);
