-- A day's net earnings are its sales' earnings less reversals and the fees of refunds and disputes.
-- severity: blocking
-- refresh by: report_date
select
    report_date,
    currency,
    vendor,
    affiliate,
    earnings_net
from daily_sales
where
    earnings_net
    is distinct from account_amount - reversed_account_amount - estimated_reversed_account_amount
    - chargeback_fee_amount - refund_fee_amount
    or (not is_earnings_net_estimated and (estimated_reversed_account_amount != 0 or unknown_reversal_count > 0))
