-- Net is gross less reversals, plain, where all of it is in one currency; an orphan has no gross.
-- severity: blocking
-- refresh by: receipt
select
    vendor,
    receipt,
    gross_amount,
    refunded_amount,
    charged_back_amount,
    net_amount
from fct_orders
where
    net_amount
    is distinct from case
        when not has_other_currency_reversal then coalesce(gross_amount, 0) - refunded_amount - charged_back_amount
    end
    or (state = 'orphan') != (sold_at is null)
    or (state = 'orphan' and gross_amount is not null)
