-- One month x seller x item x currency: the subscriptions at its end, and how they came and went.
-- key: month, vendor, item_no, currency
-- stored by: month
-- explained by int_subscription_spans: vendor, item_no, currency
-- explained by int_subscription_today: all
-- start_count + new_count + reactivated_count - churned_count - completed_count = active_count. A cancelled subscription is
-- active until its paid time is over; one that is told of no more lapses 17 days after its payment was due.
with ends as (
    select * from int_subscription_ends
),

stocks as (
    select * from int_subscription_stocks
),

flows as (
    select * from int_subscription_flows
),

joined as (
    select
        ends.month,
        ends.vendor,
        ends.item_no,
        ends.currency,
        ends.end_date,
        ends.is_complete,
        stocks.mrr,
        coalesce(stocks.active_count, 0) as active_count,
        coalesce(stocks.trial_count, 0) as trial_count,
        coalesce(stocks.past_due_count, 0) as past_due_count,
        coalesce(stocks.cancelled_paid_count, 0) as cancelled_paid_count,
        coalesce(stocks.unknown_mrr_count, 0) as unknown_mrr_count,
        coalesce(stocks.earlier_active_count, 0) as earlier_active_count,
        coalesce(flows.new_count, 0) as new_count,
        coalesce(flows.reactivated_count, 0) as reactivated_count,
        coalesce(flows.completed_count, 0) as completed_count,
        coalesce(flows.churned_count, 0) as churned_count,
        coalesce(flows.voluntary_count, 0) as voluntary_count,
        coalesce(flows.lapsed_count, 0) as lapsed_count,
        coalesce(flows.new_and_churned_count, 0) as new_and_churned_count,
        coalesce(flows.recent_new_count, 0) as recent_new_count,
        coalesce(flows.recent_churned_count, 0) as recent_churned_count
    from ends
    left join stocks
        on
            ends.month = stocks.month
            and ends.vendor is not distinct from stocks.vendor
            and ends.item_no is not distinct from stocks.item_no
            and ends.currency is not distinct from stocks.currency
    left join flows
        on
            ends.month = flows.month
            and ends.vendor is not distinct from flows.vendor
            and ends.item_no is not distinct from flows.item_no
            and ends.currency is not distinct from flows.currency
),

started as (
    select
        *,
        lag(active_count, 1, 0) over (partition by vendor, item_no, currency order by month) as start_count
    from joined
)

select
    month, -- its first day, in the report zone
    vendor, -- the seller
    item_no, -- product of the subscription's first recurring line; NULL where none was said
    currency, -- ISO 4217; NULL where none was said
    start_count, -- active when the month began
    active_count, -- active, past due or cancelled with paid time left, at the end of end_date; without trials
    trial_count, -- that have paid nothing yet, at the end of end_date
    past_due_count, -- of the active, those whose payment is overdue
    cancelled_paid_count, -- of the active, those that are cancelled and run out
    new_count, -- that became active for the first time
    reactivated_count, -- that became active again after they had ended or lapsed
    churned_count, -- that ceased to be active because they ended or lapsed; those that completed their plan are apart
    voluntary_count as churned_voluntary_count, -- of them, by request or with a refund
    churned_count - voluntary_count as churned_involuntary_count, -- of them, by a failed payment, a chargeback or a lapse
    lapsed_count as churned_inferred_count, -- of them, lapsed: no source told their end
    new_and_churned_count, -- churned in the month in which they were new
    completed_count, -- that made the last payment of their plan: no churn
    rate(churned_count - new_and_churned_count, start_count) as churn_rate, -- (churned_count less new_and_churned_count) / start_count; NULL without a start
    rate(recent_churned_count, earlier_active_count + recent_new_count) as churn_rate_stripe, -- as Stripe counts: churned in 30 days up to end_date / (active before them + new in them)
    try_cast(coalesce(mrr, 0) as decimal(18, 4)) as mrr, -- monthly recurring revenue at the end of end_date: the last known prices without tax, each for 365 / 12 days
    unknown_mrr_count, -- active subscriptions that mrr leaves out: their price or cadence is not known
    end_date, -- the last day counted: of the month, or today
    is_complete -- the month is over
from started
