-- One named metric, its formula in words, and where it stands.
-- key: metric
with definitions (metric, formula, basis, location, source) as (
    values
    ('gross_sales', 'sum of what customers paid for sales and rebills, tax and shipping included; never lowered by a later refund', 'event date', 'daily_sales.gross_sales', 'ClickBank Gross Sale Amount by date of event'),
    ('sale_count', 'distinct initial sales; each seller''s receipt once, the vendor''s view first', 'event date', 'daily_sales.sale_count', 'ClickBank Sale Count less rebills'),
    ('rebill_count', 'recurring charges after the first, each payment once, whether or not it has a receipt of its own', 'event date', 'daily_sales.rebill_count', 'ClickBank Rebill Count'),
    ('order_count', 'distinct sessions of initial sales: a sale and its upsells are one', 'event date', 'daily_sales.order_count', 'own definition'),
    ('refund_amount', 'sum of refunds, positive, on the day they were made', 'event date', 'daily_sales.refund_amount', 'ClickBank Refund Amount'),
    ('chargeback_amount', 'sum of disputes, positive, each once at its latest amount, on the day of its first notice with an amount', 'event date', 'daily_sales.chargeback_amount', 'ClickBank Chargeback Amount'),
    ('net_sales', 'gross_sales less refund_amount less chargeback_amount, each on its own date; may be negative', 'event date', 'daily_sales.net_sales', 'ClickBank Net Sale Amount: gross less returns made in the period'),
    ('account_amount', 'what the account receives for its sales after fees and payouts, summed over own roles', 'event date', 'daily_sales.account_amount', 'ClickBank totalAccountAmount'),
    ('refund_rate', 'distinct payments refunded in the window / sales (rebills included) made in it', 'event date', 'refund_rates.refund_rate', 'ClickBank Refund Rate: refunds issued in a period / sales made in it'),
    ('refund_rate_value', 'amount refunded in the window / gross sales of the window', 'event date', 'refund_rates.refund_rate_value', 'own definition'),
    ('refund_rate_cohort', 'of the sales made on a day, the share refunded within the horizon; NULL until the day is as old as the horizon', 'cohort', 'refund_cohorts.refund_rate_cohort', 'own definition'),
    ('chargeback_rate', 'distinct payments charged back in the window / sales (rebills included) made in it', 'event date', 'chargeback_rates.chargeback_rate', 'ClickBank CBR over the last 7 to 14 days'),
    ('cbr_net', 'chargeback_rate without disputes that were reversed or won later', 'event date', 'chargeback_rates.cbr_net', 'own definition; networks and ClickBank count every dispute'),
    ('reversal_rate', 'distinct payments refunded or charged back in the window, by both once / sales (rebills included) made in it', 'event date', 'refund_rates.reversal_rate', 'own definition; the two rates overlap and cannot be added'),
    ('chargeback_rate_month', 'distinct payments charged back in a month / sales of that month', 'event date', 'chargeback_months.chargeback_rate', 'Visa VAMP counts by month; disputes only, so a floor'),
    ('chargeback_rate_previous_month', 'distinct payments charged back in a month / sales of the month before', 'event date', 'chargeback_months.chargeback_rate_previous_month', 'Mastercard ECM'),
    ('earnings_per_order', 'account_amount over own roles / sessions', 'event date', 'affiliate_performance.earnings_per_order', 'own definition; earnings per click needs clicks, which are never sent'),
    ('net_sales_cohort', 'gross sales of a day less every refund and chargeback of these sales, whenever it came; without sales that were taken back in another currency, which unknown_net_count counts; a past day changes', 'cohort', 'sale_cohorts.net_sales_cohort', 'own definition; as_of_date says up to when'),
    ('reversal_rate_cohort', 'of the sales made on a day, the share refunded or charged back, each receipt once; NULL until the day is 120 days old', 'cohort', 'sale_cohorts.reversal_rate', 'own definition; the two rates overlap and cannot be added'),
    ('chargeback_rate_cohort', 'of the sales made on a day, the share charged back; NULL until the day is 120 days old', 'cohort', 'sale_cohorts.chargeback_rate_cohort', 'own definition; card holders may dispute for about 120 days'),
    ('chargeback_rate_cohort_net', 'chargeback_rate_cohort without disputes that were reversed or won later', 'cohort', 'sale_cohorts.chargeback_rate_cohort_net', 'own definition; networks count every dispute'),
    ('average_order_value', 'what was paid in sessions with their front-end sale, upsells included, rebills not / such sessions; on the day of the front-end sale', 'cohort', 'sale_cohorts.average_order_value', 'own definition'),
    ('platform_fee', 'gross less tax, shipping, payouts to affiliates and partners, and account_amount; NULL where a part is not said', 'event date', 'fct_sales.platform_fee', 'derived, because the published fee does not explain real orders; only in the vendor''s view'),
    ('earnings_net', 'account_amount over own roles, less what reversals took back of it, less known fees of refunds and disputes, each on its own date; what a reversal does not say is estimated: the account_amount of its sale x amount reversed / gross, at most all of it', 'event date', 'daily_sales.earnings_net', 'own definition; is_earnings_net_estimated says where it rests on estimates'),
    ('affiliate_payout', 'what the affiliate receives of a line, as sent', 'event date', 'fct_sale_lines.affiliate_payout', 'ClickBank affiliatePayout; only in the vendor''s view'),
    ('earnings_per_click', 'not computable: no event tells a click; shown only where an alert claims it', 'event date', 'fct_threshold_alerts.claimed_value', 'ClickBank EPC'),
    ('rebill_rate', 'of the subscriptions begun in a month, the share that made a given payment, once that payment was due for all of them', 'cohort', 'subscription_retention.retention_rate', 'own definition; the same as retention_rate'),
    ('churn', 'subscriptions that ceased to be active because they ended or lapsed; those that completed their plan are apart', 'event date', 'subscription_months.churned_count', 'own definition; ClickBank tells a cancellation, and never that nothing more comes'),
    ('active_count', 'subscriptions that are active, past due, or cancelled with paid time left, at the end of the month; without trials', 'event date', 'subscription_months.active_count', 'own definition'),
    ('churn_rate', 'churned_count less new_and_churned_count / subscriptions active when the month began; NULL without any', 'event date', 'subscription_months.churn_rate', 'own definition'),
    ('churn_rate_stripe', 'subscriptions churned in the 30 days up to end_date / those active before them and new in them', 'event date', 'subscription_months.churn_rate_stripe', 'Stripe subscriber churn rate'),
    ('mrr', 'of the active subscriptions, the last known recurring price without tax x 365 / 12 / cadence_days; unknown_mrr_count counts those it leaves out', 'event date', 'subscription_months.mrr', 'Stripe MRR: normalised to a month, without tax and trials, past due included'),
    ('retention_rate', 'of the subscriptions begun in a month whose plan has the payment, the share that made it; NULL until it was due for each whose due date is known', 'cohort', 'subscription_retention.retention_rate', 'own definition'),
    ('days_to_cancellation', 'days from the start of a subscription to the first notice of a cancellation that stands', 'cohort', 'fct_subscriptions.days_to_cancellation', 'ClickBank Days to Cancellation, trials and installment plans included'),
    ('refund_rate_cohort_month', 'of a month''s sales made on days as old as the horizon, the share refunded within it', 'cohort', 'refund_cohort_months.refund_rate_cohort', 'own definition'),
    ('line_sales', 'sum of the lines'' line_amount, tax and shipping excluded: quantity x price where only that adds up to what was paid, else the price as sent', 'event date', 'daily_product_sales.line_sales', 'ClickBank productPrice'),
    ('known_amount', 'sum of the amounts told by events that are quarantined or unhandled, by orders without a known net and by reversals of ambiguous receipts, each by its reason', 'all time', 'outside_the_figures.known_amount', 'own definition; unknown_amount_count says how many tell none')
)

select
    metric, -- the name used in every table
    formula, -- how it is computed, in words
    basis, -- event date (each event on its own day), cohort (everything on the day of the sale) or all time (whatever its day)
    location, -- table.column
    source -- whose definition it is
from definitions
