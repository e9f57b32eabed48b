-- One payment of a receipt, a sale or a rebill, per role and vendor. Never changed by a later refund or chargeback.
-- key: vendor, role, receipt, payment
-- stored by: sold_date
-- refresh by: root_receipt
-- from int_root_sales: receipt as root_receipt
-- placed by: receipt, root_receipt, event_key
-- explained by int_sales: receipt
-- explained by int_root_sales: receipt as root_receipt
with sales as (
    select
        *,
        case
            when
                role = 'VENDOR'
                and (
                    affiliate is null
                    or (
                        len(lines) > 0
                        and len(list_filter(lines, lambda l: money(l.affiliate_payout) is null)) = 0
                    )
                )
                then cast(
                    gross_amount - tax_amount - shipping_amount - account_amount
                    - coalesce(list_sum(list_transform(lines, lambda l: money(l.affiliate_payout))), 0)
                    - coalesce(list_sum(list_transform(lines, lambda l: money(l.jv_payout))), 0)
                    as decimal(18, 4)
                )
        end as platform_fee
    from int_sales
),

root_sales as (
    select * from int_root_sales
)

select
    sales.body_id,
    sales.event_key, -- joins to events.event_key
    sales.item_index, -- place in a fanned-out event; 0 otherwise
    sales.receipt, -- ClickBank receipt, upper case; a rebill has a suffix such as -B002
    -- a rebill belongs to its first payment, and a rebilled upsell to its upsell's session
    coalesce(sales.said_order_key, root_sales.said_order_key, sales.root_receipt) as order_key, -- the session: the receipt that an upsell was added to, else the root receipt
    sales.root_receipt, -- the receipt without its rebill suffix (-B and digits)
    sales.payment, -- which payment of the receipt: SALE; BILL for a rebill with a receipt of its own, else BILL and its number or its instant
    sales.rebill_number, -- 2 for the first rebill, as far as the receipt's suffix or the sender numbers them; NULL for an initial sale
    sales.sold_at, -- when the customer was charged
    sales.sold_date, -- the same in the report zone
    sales.vendor, -- seller's nickname, lower case; the envelope's account where no delivery names the receipt's vendor
    sales.affiliate, -- affiliate's nickname, lower case; NULL when there was none
    sales.role, -- whose view this is: VENDOR, AFFILIATE or JV
    sales.transaction_type, -- SALE, BILL (rebill)
    sales.is_rebill, -- true for a recurring charge after the first
    sales.is_upsell, -- true when it was added to another receipt
    sales.currency, -- ISO 4217 as sent; NULL when not said, never assumed
    sales.gross_amount, -- amount the customer paid, tax and shipping included; NULL when not said
    sales.account_amount, -- amount this account receives, after fees and payouts
    sales.tax_amount, -- part of gross_amount
    sales.shipping_amount, -- part of gross_amount
    sales.platform_fee, -- fee the platform kept: gross less tax, shipping, payouts and account_amount; NULL outside the vendor's view and where a part is not said
    sales.payment_method, -- VISA, PYPL, ...
    sales.country, -- customer's country
    sales.state, -- customer's state or province
    sales.tracking_id, -- the affiliate's tracking id (TID)
    sales.vtid, -- the vendor's tracking id, lower case
    sales.campaign, -- campaign named in the tracking fields
    sales.click_id, -- click identifier
    sales.upsell_path, -- place in the upsell flow
    sales.is_counted, -- customer-level measures count this row: one per seller, receipt and payment, the vendor's view first
    sales.is_time_assumed, -- the time had no offset: it was read as Pacific, a bare date as that day in the report zone
    sales.time_source, -- data, or envelope when only the envelope had a time
    sales.sources, -- who told it, sorted and comma-separated: command_center, ins, orders, report, subscriptions
    sales.amount_source, -- the source of gross, tax, shipping and currency
    sales.customer_currency, -- the one that the customer paid in, as the source names it; INS tells its amounts in USD all the same
    case when sales.is_rebill then sales.rebill_number else 1 end as payment_number -- 1 for the initial sale, 2 for the first rebill; NULL where no source numbers a rebill
from sales
left join root_sales on sales.root_receipt = root_sales.receipt and sales.vendor is not distinct from root_sales.vendor
