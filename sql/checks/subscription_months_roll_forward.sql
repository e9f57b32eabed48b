-- A month ends with the subscriptions it began with, and those that came, less those that went.
-- severity: blocking
select
    month,
    vendor,
    item_no,
    currency
from subscription_months
where start_count + new_count + reactivated_count - churned_count - completed_count != active_count
