-- How much stands outside the figures, by kind and reason, the most frequent first.
select
    kind,
    reason,
    event_type,
    currency,
    event_count,
    known_amount,
    unknown_amount_count
from outside_the_figures
order by
    list_position(['quarantined', 'unhandled', 'unknown_net', 'ambiguous_receipt'], kind),
    event_count desc,
    reason,
    event_type nulls first,
    currency nulls first
