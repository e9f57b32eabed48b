-- One request to erase a person's data (`cbw forget`). The address itself is never stored.
-- key: requested_at, request_digest
create table if not exists erasures (
    requested_at timestamptz not null, -- our clock
    completed_at timestamptz, -- NULL while a request that was interrupted has to be repeated
    salt varchar not null, -- hex
    request_digest varchar not null, -- HMAC-SHA-256 of the e-mail address in lower case, keyed with the salt; hex
    bodies bigint not null, -- distinct bodies that were redacted
    deliveries bigint not null -- raw events that hold them
);
