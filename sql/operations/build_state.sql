-- One fact about the tables of this file, written in the transaction that builds them.
-- key: name
create table if not exists build_state (
    name varchar not null, -- watermark, fingerprint or published_watermark
    value varchar not null
);
