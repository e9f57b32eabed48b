-- How many subscriptions came and went each month, and what do they bring?
-- Without trials; one that is cancelled leaves when its paid time is over, and one that is told of no more 17 days after its due date.
select
    strftime(month, '%Y-%m') as month,
    currency,
    sum(active_count) as active,
    sum(trial_count) as trials,
    sum(new_count) as new,
    sum(reactivated_count) as back,
    sum(churned_count) as "left",
    sum(completed_count) as completed,
    floor(round(10000.0 * sum(churned_count - new_and_churned_count) / nullif(sum(start_count), 0), 6)) / 100 as "churn %",
    sum(mrr) as mrr,
    case when bool_and(is_complete) then 'yes' else 'not yet' end as "month is over"
from subscription_months
group by subscription_months.month, currency
order by subscription_months.month desc, currency
