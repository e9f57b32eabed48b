-- The line of a subscription in a body: the first recurring one, else the first; NULL in a body without lines.
create or replace macro subscription_line(lines) as
    coalesce(list_filter(lines, lambda l: l.is_recurring is not null and truthy(l.is_recurring))[1], lines[1]);

-- Whether a sale names a recurring line.
create or replace macro has_recurring_line(lines) as
    len(list_filter(lines, lambda l: l.is_recurring is not null and truthy(l.is_recurring))) > 0;

-- A date that a body tells for its next payment says something only if it lies ahead. Rows of a history file tell the plan
-- as it was when the file was written, not as it was at their own time.
create or replace macro told_due_date(next_payment_date, told_by, told_date) as
    case when told_by in ('ins', 'command_center') and next_payment_date > told_date then next_payment_date end;

-- The state of a subscription at the end of a day, by what was told up to it. ClickBank tries a declined charge again for 14
-- days after the due day; two more are left for the telling.
create or replace macro subscription_state(day, is_completed, reversed_at, cancelled_at, has_paid, due_date) as
    case
        when is_completed then 'completed'
        when reversed_at is not null then 'ended'
        when cancelled_at is not null and has_paid and day < due_date then 'cancelled_paid'
        when cancelled_at is not null then 'ended'
        when day > due_date + 16 then 'lapsed'
        when not has_paid then 'trial'
        when day > due_date then 'past_due'
        else 'active'
    end;

-- What a subscription brings in a month of 365 / 12 days, exact and rounded to four places.
create or replace macro monthly_amount(price, cadence_days) as
    case when price is not null and cadence_days > 0 then money_share(price, 365, 12 * cadence_days) end;

-- The items of a change of plan as `old->new`, out of a transaction type such as `SUBSCRIPTION-CHG SKU 12->15`.
create or replace macro plan_change(written) as
    nullif(
        regexp_extract(written, '(\S+?)\s*-?>\s*(\S.*)', 1) || '->' || regexp_extract(written, '(\S+?)\s*-?>\s*(\S.*)', 2), '->'
    );
