-- The repeated reversals in the window that the alert names, in its scope and currency.
select source.*
from int_repeated_reversals as source
cross join fct_threshold_alerts as target
where
    exists (
        select 1
        from int_alerts as a
        where
            a.event_key = target.event_key
            and a.item_index = target.item_index
            and source.reversed_date between a.first_date and a.last_date
            and case a.scope_type
                when 'vendor' then source.vendor = lower(a.scope_value)
                when 'affiliate' then source.affiliate = lower(a.scope_value)
                else true
            end
            and (a.currency is null or a.currency = source.currency)
    )
