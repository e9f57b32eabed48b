-- Net is gross less what went back, plain, for every receipt; an orphan has no gross.
-- severity: blocking
-- refresh by: receipt
select
    receipt,
    gross_amount,
    refunded_amount,
    charged_back_amount,
    net_amount
from fct_orders
where
    net_amount is distinct from coalesce(gross_amount, 0) - refunded_amount - charged_back_amount
    or (state = 'orphan') != (sold_at is null)
    or (state = 'orphan' and gross_amount is not null)
