-- Test traffic is counted as received and nowhere else.
-- severity: blocking
-- refresh by: event_key
with facts as (
    select event_key from fct_sales
    union all
    select event_key from fct_refunds
    union all
    select event_key from fct_chargebacks
    union all
    select event_key from fct_threshold_alerts
    union all
    select event_key from fct_data_syncs
    union all
    select event_key from fct_subscription_events
)

select events.event_key
from events
inner join facts on events.event_key = facts.event_key
where events.is_test
