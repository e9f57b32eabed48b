-- One distinct event ever received: no body, no personal data.
-- key: event_key
-- stored by: received_at
-- refresh by: event_key
-- placed by: event_key
with received as (
    select * from int_events
)

select
    event_body_id as body_id,
    event_key, -- names the event in every table
    event_type, -- as sent; NULL when the body is not JSON or says no type
    event_id, -- the sender's name for the event; NULL when there is none
    occurred_at, -- when it happened, by the sender; NULL when the body does not say
    received_at, -- when its first delivery was read, by us
    last_received_at, -- when its latest delivery was read
    delivery_count, -- deliveries of it, repeats included
    body_count, -- different bodies that told it
    status = 'test' as is_test, -- test traffic, excluded from every other table
    status, -- mapped, quarantined, unhandled or test
    case status when 'quarantined' then split_part(reasons, ' ', 1) when 'unhandled' then unhandled_reason end as reason, -- why it was quarantined; of a known type that is unhandled, the field and value that say it counts for nothing
    is_id_conflict, -- its bodies disagree; the latest created_at counts
    is_time_assumed, -- the time had no offset: it was read as Pacific, a bare date as that day in the report zone
    amount, -- the money told by an event that is quarantined or unhandled, below 0 as sent; NULL where it cannot be read or is in several currencies, and where the event is mapped
    currency, -- that of amount; NULL where none was said
    body_sha256 -- SHA-256 of the body that speaks for it
from received
