-- One refund or chargeback item that counts, with what is known of the sale it reverses.
-- key: event_key, item_index
-- refresh by: root_receipt
-- from stg_root_sales: receipt as root_receipt
-- explained by stg_linked_reversals: event_key, item_index
-- explained by stg_root_sales: receipt as root_receipt
with reversals as (
    select * from stg_linked_reversals
),

root_sales as (
    select * from stg_root_sales
)

-- If only the root receipt's sale is known, names are taken from it, but the reversal stays an orphan.
select
    reversals.* exclude (vendor, affiliate, currency),
    case when reversals.is_orphan then coalesce(reversals.vendor, root_sales.vendor) else reversals.vendor end as vendor,
    case when reversals.is_orphan then coalesce(reversals.affiliate, root_sales.affiliate) else reversals.affiliate end
        as affiliate,
    case when reversals.is_orphan then coalesce(reversals.currency, root_sales.currency) else reversals.currency end
        as currency,
    coalesce(root_sales.said_order_key, reversals.root_receipt) as root_order_key -- the session, as far as the root knows it
from reversals
left join root_sales on reversals.root_receipt = root_sales.receipt
