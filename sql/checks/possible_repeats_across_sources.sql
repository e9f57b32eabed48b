-- Two sources tell a refund or chargeback of one share more than 15 minutes and a day apart: it may be one, counted twice.
-- severity: warning
with reversals as (
    select * from int_matched_reversals
),

things as (
    select
        receipt,
        seller,
        group_key,
        matched_key,
        list(told_by) as sources,
        min(occurred_at) as occurred_at,
        min_by(amount, source_rank(told_by)) as amount,
        min_by(currency, source_rank(told_by)) as currency,
        min(share_amount) as share_amount,
        min(payment_gross) as payment_gross
    from reversals
    group by receipt, seller, group_key, matched_key
)

select
    one.receipt,
    one.seller,
    one.occurred_at,
    other.occurred_at as other_occurred_at
from things as one
inner join things as other on one.group_key = other.group_key and one.matched_key < other.matched_key
where
    not list_has_any(one.sources, other.sources)
    and case
        when coalesce(one.currency = other.currency, true) then one.amount is not distinct from other.amount
        else abs(one.share_amount - other.share_amount) <= cast(0.005 as decimal(5, 4)) * one.payment_gross
    end
