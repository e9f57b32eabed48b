-- Sales come within minutes: a refund whose sale is still unknown after two days lost it, or is older than us.
-- severity: warning
with today as (
    select as_of_at from int_as_of
),

reversals as (
    select event_key, receipt, refunded_at as reversed_at from fct_refunds
    where is_orphan
    union all
    select event_key, receipt, charged_back_at as reversed_at from fct_chargebacks
    where is_orphan
)

select
    reversals.event_key,
    reversals.receipt
from reversals
cross join today
where reversals.reversed_at < today.as_of_at - interval '48' hour
