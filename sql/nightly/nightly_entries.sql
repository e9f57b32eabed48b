-- The change that one event makes to the figures of one day x currency x vendor between one frozen night and the next.
-- key: night_date, event_key, receipt, report_date, currency, vendor
-- A journal: the sum of an event's entries up to a night is its contribution on that night. Private: readers see the
-- entries that restate a past day, in restatement_events.
create table if not exists nightly_entries (
    night_date date not null,
    event_key varchar not null,
    event_type varchar not null,
    receipt varchar not null,
    report_date date not null,
    currency varchar,
    vendor varchar,
    sale_count bigint not null,
    rebill_count bigint not null,
    gross_sales decimal(18, 4) not null,
    refund_count bigint not null,
    refund_amount decimal(18, 4) not null,
    chargeback_count bigint not null,
    chargeback_amount decimal(18, 4) not null
);
