-- A past day changed by the sum of its events' changes, measure by measure, to the last digit.
-- severity: blocking
with changes as (
    select
        night_date,
        report_date,
        currency,
        vendor,
        sale_count_change,
        rebill_count_change,
        gross_sales_change,
        refund_count_change,
        refund_amount_change,
        chargeback_count_change,
        chargeback_amount_change,
        net_sales_change
    from restatements
    union all
    select
        night_date,
        report_date,
        currency,
        vendor,
        -sale_count_change,
        -rebill_count_change,
        -gross_sales_change,
        -refund_count_change,
        -refund_amount_change,
        -chargeback_count_change,
        -chargeback_amount_change,
        -net_sales_change
    from restatement_events
)

select
    night_date,
    report_date,
    currency,
    vendor
from changes
group by night_date, report_date, currency, vendor
having
    sum(sale_count_change) != 0
    or sum(rebill_count_change) != 0
    or sum(gross_sales_change) != 0
    or sum(refund_count_change) != 0
    or sum(refund_amount_change) != 0
    or sum(chargeback_count_change) != 0
    or sum(chargeback_amount_change) != 0
    or sum(net_sales_change) != 0
