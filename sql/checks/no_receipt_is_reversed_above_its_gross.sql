-- More went back than was paid: a second dispute, or one refund reported in two ways.
-- severity: warning
select
    vendor,
    receipt,
    gross_amount,
    refunded_amount,
    charged_back_amount
from fct_orders
where state != 'orphan' and is_over_reversed
