-- A cohort younger than its horizon is not known yet: a number there would look like good news.
-- severity: blocking
-- refresh by: sold_date
select
    sold_date,
    currency,
    vendor,
    horizon_days,
    is_mature,
    refund_rate_cohort
from refund_cohorts
where
    is_mature is null
    or is_mature != (refunded_sales is not null)
    or is_mature != (refund_rate_cohort is not null)
    or refund_rate_cohort < 0
    or refund_rate_cohort > 1
