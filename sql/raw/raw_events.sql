-- One delivery that was acknowledged: append-only, never changed but by `cbw forget`.
-- key: sequence
create table if not exists raw_events (
    sequence bigint not null, -- the load sequence; the watermark of every refresh
    inbox_id varchar not null, -- the inbox (or import) the delivery came from
    inbox_sequence bigint not null, -- its place in that inbox
    received_at timestamptz not null, -- our clock when the request was read; information, never the order
    body blob not null, -- the exact bytes that were signed, or that INS encrypted
    body_sha256 varchar not null, -- lower-case hex
    body_hash ubigint not null, -- the first 8 bytes of the SHA-256 as a number: it finds repeats
    secret_id varchar not null, -- which secret matched; `ins:` begins those of INS
    content_type varchar, -- as sent
    peer varchar, -- the sender's address
    verdict varchar, -- why SQL must not read the body; NULL when it is a JSON object
    document varchar -- the JSON text to read instead of the body, where a number needs more digits than a double has
);
