-- The change that one event made to one past day x currency x vendor between two nights; the changes of a day's events add up to its restatement.
-- key: night_date, event_key, receipt, report_date, currency, vendor
-- Events whose changes cancel out are here although their day has no restatement.
create table if not exists restatement_events (
    night_date date not null, -- joins to restatements on night_date, report_date, currency and vendor
    report_date date not null, -- the day whose figures it changed
    currency varchar, -- as in daily_sales
    vendor varchar, -- as in daily_sales
    event_key varchar not null, -- joins to events.event_key, unless the event has another name by now
    event_type varchar not null, -- sale.created, refund.processed or chargeback.received
    receipt varchar not null, -- the receipt sold, refunded or charged back
    cause varchar not null, -- received_late, mapped_late (received before, readable only now), replaced (by another body), zone_changed (its day is another in the new report zone), read_anew (aliases, or an event it belongs to) or withdrawn
    occurred_at timestamptz, -- when it happened, by the sender; NULL when it can no longer be told
    received_at timestamptz, -- when its first delivery was read
    last_received_at timestamptz, -- when its latest delivery was read
    sale_count_change bigint not null, -- initial sales more or fewer
    rebill_count_change bigint not null, -- recurring charges more or fewer
    gross_sales_change decimal(18, 4) not null, -- change of the amount customers paid
    refund_count_change bigint not null, -- refunded receipts more or fewer
    refund_amount_change decimal(18, 4) not null, -- more refunds are positive
    chargeback_count_change bigint not null, -- charged back receipts more or fewer
    chargeback_amount_change decimal(18, 4) not null, -- more chargebacks are positive
    net_sales_change decimal(18, 4) not null -- gross_sales_change - refund_amount_change - chargeback_amount_change
);
