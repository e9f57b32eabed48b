-- The public name of an event: 32 hex digits of a SHA-256.
create or replace macro event_key(kind, event_type, name) as
    substr(sha256(cast(to_json([kind, event_type, name]) as varchar)), 1, 32);
