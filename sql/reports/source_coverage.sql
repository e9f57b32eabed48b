-- One day x kind of event x pair of sources: which transactions both tell, and which only one of them.
-- key: report_date, event_type, source, other_source
-- refresh by: report_date
-- from fct_sales: sold_date as report_date
-- from fct_refunds: refunded_date as report_date
-- from fct_chargebacks: charged_back_date as report_date
-- explained by fct_sales: sold_date as report_date
-- explained by fct_refunds: refunded_date as report_date
-- explained by fct_chargebacks: charged_back_date as report_date
-- explained by source_differences: report_date
-- explained by int_source_pairs: source, other_source
-- A pair is listed once both have told one transaction: before that, one of them is no check of the other.
with pairs as (
    select * from int_source_pairs
),

differences as (
    select * from source_differences
    where field = 'amount'
),

facts as (
    select event_key, item_index, sold_date as report_date, 'sale.created' as event_type, sources from fct_sales
    where is_counted
    union all
    select event_key, item_index, refunded_date, 'refund.processed', sources from fct_refunds
    where is_counted
    union all
    select event_key, item_index, charged_back_date, 'chargeback.received', sources from fct_chargebacks
    where is_counted
),

days as (
    select
        report_date,
        event_type,
        string_split(sources, ',') as sources,
        count(*) as fact_count
    from facts
    group by report_date, event_type, sources
),

covered as (
    select
        days.report_date,
        days.event_type,
        pairs.source,
        pairs.other_source,
        sum(case when len(list_intersect(days.sources, [pairs.source, pairs.other_source])) = 2 then days.fact_count end) as both_count,
        sum(case when not list_contains(days.sources, pairs.other_source) then days.fact_count end) as only_source_count,
        sum(case when not list_contains(days.sources, pairs.source) then days.fact_count end) as only_other_count
    from days
    inner join pairs on list_has_any(days.sources, [pairs.source, pairs.other_source])
    group by days.report_date, days.event_type, pairs.source, pairs.other_source
),

differing as (
    select
        facts.report_date,
        facts.event_type,
        pairs.source,
        pairs.other_source,
        count(distinct facts.event_key || ' ' || facts.item_index) as fact_count
    from differences
    inner join facts on differences.event_key = facts.event_key and differences.item_index = facts.item_index
    inner join pairs
        on
            differences.source in (pairs.source, pairs.other_source)
            and list_has_all(string_split(facts.sources, ','), [pairs.source, pairs.other_source])
    group by facts.report_date, facts.event_type, pairs.source, pairs.other_source
)

select
    covered.report_date, -- in the report zone
    covered.event_type, -- sale.created (rebills included), refund.processed or chargeback.received
    covered.source, -- command_center, ins, orders, report or subscriptions
    covered.other_source, -- likewise, later in the alphabet
    cast(coalesce(covered.both_count, 0) as bigint) as both_count, -- transactions that both tell, each counted once
    cast(coalesce(covered.only_source_count, 0) as bigint) as only_source_count, -- that source tells, and other_source does not
    cast(coalesce(covered.only_other_count, 0) as bigint) as only_other_count, -- that other_source tells, and source does not
    coalesce(differing.fact_count, 0) as differing_count -- of both_count, those of which one of the two tells another amount than the fact, in one currency
from covered
left join differing
    on
        covered.report_date = differing.report_date
        and covered.event_type = differing.event_type
        and covered.source = differing.source
        and covered.other_source = differing.other_source
