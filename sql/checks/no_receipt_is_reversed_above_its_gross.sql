-- More went back than was paid: a second dispute, or an amount in another currency.
-- severity: warning
select
    receipt,
    gross_amount,
    refunded_amount,
    charged_back_amount
from fct_orders
where state != 'orphan' and is_over_reversed
