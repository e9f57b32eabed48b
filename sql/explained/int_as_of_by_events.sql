-- The event that was received last, of those in a fact, where it was received no earlier than the tables are as of.
select source.*
from events as source
cross join int_as_of as target
where
    source.last_received_at >= target.as_of_at
    and source.event_key = (
        select max_by(l.event_key, (l.last_received_at, l.event_key))
        from events as l
        where
            l.status = 'mapped'
            and l.event_type in ('sale.created', 'refund.processed', 'chargeback.received')
    )
