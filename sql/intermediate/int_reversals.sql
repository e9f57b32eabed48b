-- One refund or chargeback item that counts, with the known facts of the sale it reverses.
-- key: event_key, item_index
-- stored by: reversed_date
-- refresh by: root_receipt
-- from int_root_sales: receipt as root_receipt
-- placed by: receipt
-- explained by int_linked_reversals: event_key, item_index
-- explained by int_root_sales: receipt as root_receipt
with linked as (
    select * from int_linked_reversals
),

root_sales as (
    select * from int_root_sales
),

only_sellers as (
    select * from root_sales
    where seller_count = 1
),

sought as (
    select
        *,
        case when not is_ambiguous then root_receipt end as known_root,
        case when not is_ambiguous and vendor is null then root_receipt end as root_of_nobody
    from linked
),

-- A reversal without a seller has the only seller of its root receipt.
reversals as (
    select
        sought.*,
        coalesce(sought.vendor, only_sellers.vendor) as root_vendor
    from sought
    left join only_sellers on sought.root_of_nobody = only_sellers.receipt
)

-- If only the root receipt's sale is known, names are taken from it, but the reversal stays an orphan.
select
    reversals.event_key,
    reversals.item_index,
    reversals.body_id,
    reversals.event_type,
    reversals.receipt,
    reversals.root_receipt,
    reversals.payment,
    reversals.reversed_at,
    reversals.reversed_date,
    minor_units_of(reversals.amount, reversals.assumed_units[1], currency_places(root_sales.currency)) as amount,
    minor_units_of(reversals.account_amount, reversals.assumed_units[2], currency_places(root_sales.currency)) as account_amount,
    reversals.is_taking_back,
    reversals.sale_account_amount,
    reversals.told_vendor,
    reversals.told_affiliate,
    reversals.role,
    reversals.role_preference,
    reversals.body_sha256,
    reversals.sold_at,
    reversals.sold_date,
    reversals.sale_gross_amount,
    reversals.is_other_currency,
    reversals.is_orphan,
    case when reversals.is_ambiguous then 'ambiguous_receipt' when reversals.is_orphan then 'unknown_sale' end as orphan_reason,
    reversals.refund_id,
    reversals.refund_type,
    reversals.reason_text,
    reversals.is_amount_ambiguous,
    reversals.chargeback_id,
    reversals.kind,
    reversals.chargeback_status,
    minor_units_of(reversals.fee_amount, reversals.assumed_units[3], currency_places(root_sales.currency)) as fee_amount,
    reversals.reason_code,
    reversals.card_network,
    reversals.item_nos,
    reversals.lines,
    reversals.product_item_no,
    reversals.product_title,
    reversals.is_time_assumed,
    reversals.sources,
    reversals.told_count,
    case when reversals.is_orphan then coalesce(reversals.vendor, root_sales.vendor) else reversals.vendor end as vendor,
    case when reversals.is_orphan then coalesce(reversals.affiliate, root_sales.affiliate) else reversals.affiliate end
        as affiliate,
    case when reversals.is_orphan then coalesce(reversals.currency, root_sales.currency) else reversals.currency end
        as currency,
    coalesce(root_sales.said_order_key, reversals.root_receipt) as root_order_key -- the session, as far as the root knows it
from reversals
left join root_sales
    on
        reversals.known_root = root_sales.receipt
        and reversals.root_vendor is not distinct from root_sales.vendor
