-- One past day x currency x vendor whose figures changed between two consecutive nights. Why is in restatement_events.
-- key: night_date, report_date, currency, vendor
create table if not exists restatements (
    night_date date not null, -- the night that knew the change
    previous_night_date date not null, -- the night that knew the figures before it
    report_date date not null, -- a day that was over in the previous night
    currency varchar, -- as in daily_sales
    vendor varchar, -- as in daily_sales
    event_count bigint not null, -- events that changed it: its rows of restatement_events
    sale_count_change bigint not null, -- initial sales more or fewer
    rebill_count_change bigint not null, -- recurring charges more or fewer
    gross_sales_change decimal(18, 4) not null, -- change of the amount customers paid
    refund_count_change bigint not null, -- refunded receipts more or fewer
    refund_amount_change decimal(18, 4) not null, -- more refunds are positive
    chargeback_count_change bigint not null, -- charged back receipts more or fewer
    chargeback_amount_change decimal(18, 4) not null, -- more chargebacks are positive
    net_sales_before decimal(18, 4) not null, -- as known in the previous night
    net_sales_after decimal(18, 4) not null, -- as known in this night
    net_sales_change decimal(18, 4) not null -- after - before = gross_sales_change - refund_amount_change - chargeback_amount_change
);
