-- Every number must lead back to the event it came from, and that event must be mapped.
-- severity: blocking
-- refresh by: event_key
with facts as (
    select event_key, 'fct_sales' as fact from fct_sales
    union all
    select event_key, 'fct_sale_lines' as fact from fct_sale_lines
    union all
    select event_key, 'fct_refunds' as fact from fct_refunds
    union all
    select event_key, 'fct_chargebacks' as fact from fct_chargebacks
    union all
    select event_key, 'fct_threshold_alerts' as fact from fct_threshold_alerts
    union all
    select event_key, 'fct_data_syncs' as fact from fct_data_syncs
    union all
    select event_key, 'fct_subscription_events' as fact from fct_subscription_events
)

select
    facts.fact,
    facts.event_key
from facts
left join events on facts.event_key = events.event_key
where events.status is distinct from 'mapped'
