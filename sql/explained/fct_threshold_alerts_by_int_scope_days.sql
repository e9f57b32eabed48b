-- The days of the window that the alert names, in its scope and currency.
select source.*
from int_scope_days as source
cross join fct_threshold_alerts as target
where
    exists (
        select 1
        from int_alerts as a
        where
            a.event_key = target.event_key
            and a.item_index = target.item_index
            and source.report_date between a.first_date and a.last_date
            and source.scope_type = coalesce(a.scope_type, 'account')
            and (source.scope_type = 'account' or source.scope_value = lower(a.scope_value))
            and (a.currency is null or a.currency = source.currency)
    )
