-- The figures of one day or month x currency x vendor as known one night; only where they differ from the night before.
-- key: night_date, period, period_date, currency, vendor
-- The knowledge of a night is each period's row with the latest night_date up to it. A period that is no longer in
-- daily_sales has a row of zeros.
create table if not exists nightly_figures (
    night_date date not null, -- joins to nightly_roll_ups.night_date
    period varchar not null, -- day, or month: the month's days before night_date (month to date)
    period_date date not null, -- the day, or the month's first day
    currency varchar, -- as in daily_sales
    vendor varchar, -- as in daily_sales
    sale_count bigint not null, -- initial sales, as daily_sales had it that night
    rebill_count bigint not null, -- recurring charges after the first, as daily_sales had it that night
    gross_sales decimal(18, 4) not null, -- as daily_sales had it that night
    refund_count bigint not null, -- receipts refunded on the day, as daily_sales had it that night
    refund_amount decimal(18, 4) not null, -- as daily_sales had it that night
    chargeback_count bigint not null, -- receipts charged back on the day, as daily_sales had it that night
    chargeback_amount decimal(18, 4) not null, -- as daily_sales had it that night
    net_sales decimal(18, 4) not null -- as daily_sales had it that night
);
