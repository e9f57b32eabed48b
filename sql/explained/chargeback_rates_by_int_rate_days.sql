-- The entries of the window, and the last one up to its end.
select source.*
from int_rate_days as source
cross join chargeback_rates as target
where
    source.measure in ('sale', 'chargeback', 'standing')
    and source.entered_date <= target.report_date
    and (
        source.entered_date > target.report_date - target.window_days
        or source.entered_date = (
            select max(l.entered_date)
            from int_rate_days as l
            where
                l.measure in ('sale', 'chargeback', 'standing')
                and l.entered_date <= target.report_date
                and l.currency is not distinct from target.currency
                and l.vendor is not distinct from target.vendor
        )
    )
