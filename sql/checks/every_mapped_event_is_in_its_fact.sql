-- An event that counts as mapped has at least one row in the fact of its type.
-- severity: blocking
-- refresh by: event_key
with facts as (
    select event_key, 'sale.created' as event_type from fct_sales
    union all
    select event_key, 'refund.processed' as event_type from fct_refunds
    union all
    select event_key, 'chargeback.received' as event_type from fct_chargebacks
    union all
    select event_key, 'threshold.reached' as event_type from fct_threshold_alerts
    union all
    select event_key, 'data.synced' as event_type from fct_data_syncs
    union all
    select event_key, 'subscription.' || event as event_type from fct_subscription_events
)

select
    events.event_key,
    events.event_type
from events
left join facts on events.event_key = facts.event_key and events.event_type = facts.event_type
where events.status = 'mapped' and facts.event_key is null
