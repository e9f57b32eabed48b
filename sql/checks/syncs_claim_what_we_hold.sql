-- A sync that claims other counts than we hold points at webhooks that never arrived.
-- severity: warning
select
    event_key,
    source,
    range_start,
    range_end,
    gap,
    sales_claimed - sales_held as sales_gap,
    refunds_claimed - refunds_held as refunds_gap,
    chargebacks_claimed - chargebacks_held as chargebacks_gap
from fct_data_syncs
where
    gap != 0
    or sales_claimed != sales_held
    or refunds_claimed != refunds_held
    or chargebacks_claimed != chargebacks_held
