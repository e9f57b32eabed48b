-- One sale or rebill receipt, per role and vendor. Never changed by a later refund or chargeback.
-- key: vendor, role, receipt, transaction_type
with sales as (
    select * from stg_sales
)

select
    event_key, -- joins to events.event_key
    item_index, -- place in a fanned-out event; 0 otherwise
    receipt, -- ClickBank receipt, upper case; a rebill has a suffix such as -B002
    order_key, -- the session: the receipt that an upsell was added to, else the root receipt
    root_receipt, -- the receipt without its rebill suffix
    rebill_number, -- 2 for the first rebill; NULL for an initial sale
    sold_at, -- when the customer was charged
    sold_date, -- the same in the report zone
    vendor, -- seller's nickname, lower case
    affiliate, -- affiliate's nickname, lower case; NULL when there was none
    role, -- whose view this is: VENDOR, AFFILIATE or JV
    transaction_type, -- SALE, BILL (rebill)
    is_rebill, -- true for a recurring charge after the first
    is_upsell, -- true when it was added to another receipt
    currency, -- ISO 4217 as sent; NULL when not said, never assumed
    gross_amount, -- what the customer paid, tax and shipping included; NULL when not said
    account_amount, -- what this account receives, after fees and payouts
    tax_amount, -- part of gross_amount
    shipping_amount, -- part of gross_amount
    payment_method, -- VISA, PYPL, ...
    country, -- customer's country
    state, -- customer's state or province
    tracking_id, -- the affiliate's tracking id (TID)
    vtid, -- the vendor's tracking id, lower case
    campaign, -- campaign named in the tracking fields
    click_id, -- click identifier
    upsell_path, -- place in the upsell flow
    is_counted, -- customer-level measures count this row: one per receipt, the vendor's view first
    is_time_assumed, -- the time had no offset and was read as Pacific
    time_source -- data, or envelope when only the envelope had a time
from sales
