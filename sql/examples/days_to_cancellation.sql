-- How long do subscriptions last before they are cancelled?
-- Days from the start to the first notice that was not taken back; only INS, or a sender like it, tells cancellations.
select
    age_days as "days to cancellation",
    sum(cancellation_count) as cancelled,
    sum(trial_count) as trials,
    sum(installment_count) as "installment plans",
    sum(voluntary_count) as "by the customer"
from cancellations_by_age
group by age_days, from_days
order by from_days nulls last
