-- The chargebacks of the day that are in its scope.
select source.*
from fct_chargebacks as source
cross join int_scope_days as target
where
    source.is_counted
    and (
        target.scope_type = 'account'
        or (target.scope_type = 'vendor' and source.vendor = target.scope_value)
        or (target.scope_type = 'affiliate' and source.affiliate = target.scope_value)
    )
