-- Which affiliates bring chargebacks, week by week?
-- The last 8 weeks, Monday to Sunday in the report zone; a chargeback counts in the week it arrived.
with last_week as (
    select cast(date_trunc('week', max(report_date)) as date) as week from daily_sales
),

sold as (
    select
        cast(date_trunc('week', report_date) as date) as week,
        affiliate,
        sum(sale_count + rebill_count) as sales
    from daily_sales
    group by date_trunc('week', report_date), affiliate
),

charged_back as (
    select
        cast(date_trunc('week', charged_back_date) as date) as week,
        affiliate,
        currency,
        count(distinct row(vendor, receipt, payment)) as chargebacks,
        sum(chargeback_amount) as amount
    from fct_chargebacks
    where is_counted
    group by date_trunc('week', charged_back_date), affiliate, currency
)

select
    charged_back.week,
    coalesce(charged_back.affiliate, '(none)') as affiliate,
    charged_back.currency,
    charged_back.chargebacks,
    cast(charged_back.amount as decimal(18, 2)) as amount,
    cast(coalesce(sold.sales, 0) as bigint) as "sales of the week",
    floor(round(10000 * charged_back.chargebacks / nullif(sold.sales, 0), 6)) / 100 as "rate %"
from charged_back
cross join last_week
left join sold
    on charged_back.week = sold.week and charged_back.affiliate is not distinct from sold.affiliate
where charged_back.week > last_week.week - 56
order by charged_back.week desc, charged_back.chargebacks desc, affiliate, charged_back.currency
