-- The entries of the month and of the one before it, and the last before the month's end.
select source.*
from int_rate_days as source
cross join chargeback_months as target
where
    source.measure in ('sale', 'chargeback')
    and source.entered_date < target.month + interval '1' month
    and (
        source.entered_date >= target.month - interval '1' month
        or source.entered_date = (
            select max(l.entered_date)
            from int_rate_days as l
            where
                l.measure in ('sale', 'chargeback')
                and l.entered_date < target.month + interval '1' month
                and l.currency is not distinct from target.currency
                and l.vendor is not distinct from target.vendor
        )
    )
