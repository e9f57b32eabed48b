-- The amounts of all bodies, added up before any ranking, equal the facts plus the named repetitions.
-- severity: blocking
-- Repetitions are a body of an event that another body represents, an item that another body owns, a row equal to another
-- row of its body, and an order's total that each row of the order repeats. Minor units of an unknown currency are compared
-- as two decimal places, whatever the currency of the sale is.
with rows_said as (
    select
        items.event_type,
        max(items.currency) over (partition by items.body_id, coalesce(parts.lead_item_index, items.item_index)) as currency,
        items.body_id,
        items.item_index,
        items.amount,
        items.assumed_units
    from stg_typed_items as items
    inner join int_claims as claims on items.body_id = claims.body_id
    left join int_parts as parts on items.body_id = parts.body_id and items.item_index = parts.item_index
    where
        claims.status = 'mapped'
        and items.unhandled_reason is null
        and items.event_type in ('sale.created', 'refund.processed', 'chargeback.received')
),

said as (
    select
        * exclude (amount),
        minor_units_of(amount, assumed_units[1], currency_places(currency)) as amount
    from rows_said
),

facts as (
    select body_id, item_index, gross_amount as amount, currency from fct_sales
    union all
    select body_id, item_index, refund_amount, currency from fct_refunds
    union all
    select body_id, item_index, told_amount, told_currency from fct_chargebacks
),

-- The amounts of the parts of one thing, less the amount that its first row adds up.
rows_again as (
    select
        said.body_id,
        parts.lead_item_index as item_index,
        sum(said.amount) - coalesce(max(parts.amount), 0) as amount
    from said
    inner join int_parts as parts on said.body_id = parts.body_id and said.item_index = parts.item_index
    group by said.body_id, parts.lead_item_index
),

things as (
    select
        said.event_type,
        said.currency,
        said.body_id,
        said.item_index,
        case when parts.body_id is null then said.amount else parts.amount end as amount,
        (case when parts.body_id is null then said.assumed_units else parts.assumed_units end)[1] as is_assumed
    from said
    left join int_parts as parts on said.body_id = parts.body_id and said.item_index = parts.item_index
    where coalesce(parts.lead_item_index, said.item_index) = said.item_index
),

owned as (
    select
        body_id,
        item_index,
        is_owner
    from int_owned_items
),

told as (
    select
        event_type,
        currency,
        amount as difference
    from said
    union all
    select
        things.event_type,
        things.currency,
        -rows_again.amount
    from things
    inner join rows_again on things.body_id = rows_again.body_id and things.item_index = rows_again.item_index
    union all
    select
        things.event_type,
        things.currency,
        -things.amount
    from things
    left join owned on things.body_id = owned.body_id and things.item_index = owned.item_index
    where owned.body_id is null or not owned.is_owner
    union all
    select
        things.event_type,
        things.currency,
        -minor_units_of(
            facts.amount, things.currency is null and things.is_assumed,
            translate(currency_places(facts.currency), '0134', '4310') -- the reciprocal
        )
    from things
    inner join facts on things.body_id = facts.body_id and things.item_index = facts.item_index
)

select
    event_type,
    currency,
    sum(difference) as difference
from told
group by event_type, currency
having coalesce(sum(difference), 0) != 0
