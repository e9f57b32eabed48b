-- The refunds inside the alert's window, scope and currency.
select source.*
from fct_refunds as source
cross join fct_threshold_alerts as target
where
    source.is_counted
    and exists (
        select 1
        from int_alerts as a
        where
            a.event_key = target.event_key
            and a.item_index = target.item_index
            and source.refunded_at >= a.measured_from_at
            and source.refunded_at < a.measured_until_at
            and case a.scope_type
                when 'vendor' then source.vendor = lower(a.scope_value)
                when 'affiliate' then source.affiliate = lower(a.scope_value)
                else true
            end
            and (a.currency is null or a.currency = source.currency)
    )
