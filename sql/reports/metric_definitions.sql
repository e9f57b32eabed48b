-- One named metric, its formula in words, and where it stands.
-- key: metric
with definitions (metric, formula, basis, location, source) as (
    values
    ('gross_sales', 'sum of what customers paid for sales and rebills, tax and shipping included; never lowered by a later refund', 'event date', 'daily_sales.gross_sales', 'ClickBank Gross Sale Amount by date of event'),
    ('sale_count', 'distinct receipts of initial sales; each receipt once, the vendor''s view first', 'event date', 'daily_sales.sale_count', 'ClickBank Sale Count less rebills'),
    ('rebill_count', 'distinct receipts of recurring charges after the first', 'event date', 'daily_sales.rebill_count', 'ClickBank Rebill Count'),
    ('order_count', 'distinct sessions of initial sales: a sale and its upsells are one', 'event date', 'daily_sales.order_count', 'own definition'),
    ('refund_amount', 'sum of refunds, positive, on the day they were made', 'event date', 'daily_sales.refund_amount', 'ClickBank Refund Amount'),
    ('chargeback_amount', 'sum of chargebacks, positive, on the day they were received', 'event date', 'daily_sales.chargeback_amount', 'ClickBank Chargeback Amount'),
    ('net_sales', 'gross_sales less refund_amount less chargeback_amount, each on its own date; may be negative', 'event date', 'daily_sales.net_sales', 'ClickBank Net Sale Amount: gross less returns made in the period'),
    ('account_amount', 'what the account receives for its sales after fees and payouts, summed over own roles', 'event date', 'daily_sales.account_amount', 'ClickBank totalAccountAmount'),
    ('refund_rate', 'distinct receipts refunded in the window / sales (rebills included) made in it', 'event date', 'refund_rates.refund_rate', 'ClickBank Refund Rate: refunds issued in a period / sales made in it'),
    ('refund_rate_value', 'amount refunded in the window / gross sales of the window', 'event date', 'refund_rates.refund_rate_value', 'own definition'),
    ('refund_rate_cohort', 'of the sales made on a day, the share refunded within the horizon; NULL until the day is as old as the horizon', 'cohort', 'refund_cohorts.refund_rate_cohort', 'own definition'),
    ('chargeback_rate', 'distinct receipts charged back in the window / sales (rebills included) made in it', 'event date', 'chargeback_rates.chargeback_rate', 'ClickBank CBR over the last 7 to 14 days'),
    ('chargeback_rate_month', 'distinct receipts charged back in a month / sales of that month', 'event date', 'chargeback_months.chargeback_rate', 'Visa VAMP counts by month; disputes only, so a floor'),
    ('chargeback_rate_previous_month', 'distinct receipts charged back in a month / sales of the month before', 'event date', 'chargeback_months.chargeback_rate_previous_month', 'Mastercard ECM'),
    ('earnings_per_order', 'account_amount over own roles / sessions', 'event date', 'affiliate_performance.earnings_per_order', 'own definition; earnings per click needs clicks, which are never sent'),
    ('line_sales', 'sum of the lines'' price_amount as sent, tax and shipping excluded', 'event date', 'daily_product_sales.line_sales', 'ClickBank productPrice')
)

select
    metric, -- the name used in every table
    formula, -- how it is computed, in words
    basis, -- event date (each event on its own day) or cohort (everything on the day of the sale)
    location, -- table.column
    source -- whose definition it is
from definitions
