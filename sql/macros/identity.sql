-- The public name of an event: 32 hex digits of a SHA-256.
create or replace macro event_key(kind, event_type, name) as
    substr(sha256(cast(to_json([kind, event_type, name]) as varchar)), 1, 32);

-- Who told a delivery. The receiver begins the ids of the secrets of ClickBank's Instant Notification Service with `ins:`;
-- an import names the kind of its file in the same way, and whole events `import`.
create or replace macro told_by(secret_id) as
    case split_part(secret_id, ':', 1)
        when 'ins' then 'ins'
        when 'orders' then 'orders'
        when 'report' then 'report'
        when 'subscriptions' then 'subscriptions'
        else 'command_center'
    end;

-- Rows of an export tell the state of their subscription when it was made, not at the transaction.
create or replace macro is_export(told_by) as told_by in ('orders', 'report', 'subscriptions');

-- A notification without the number of the attempt, which alone changes when the service sends it again.
create or replace macro without_attempt(document) as
    regexp_replace(document, '"attemptCount"\s*:\s*"?[0-9]+"?', '"attemptCount":0', 'g');

-- The receipt without the suffix of a rebill. Any other hyphen is part of an order's number.
create or replace macro root_of(receipt) as regexp_replace(receipt, '-B[0-9]+$', '');

-- An instant as one text, in any time zone of the connection.
create or replace macro utc_text(t) as replace(cast(timezone('UTC', t) as varchar), ' ', 'T') || 'Z';

-- Which payment of its receipt a sale is. A rebill with a receipt of its own is named by that, and one with the receipt of
-- the sale by its number, else by its instant. An item that counts for nothing is no payment.
create or replace macro payment_name(unhandled_reason, has_own_receipt, is_rebill, payment_number, t) as
    case
        when unhandled_reason is not null then unhandled_reason
        when has_own_receipt then 'BILL'
        when not is_rebill then 'SALE'
        when payment_number is not null then 'BILL ' || payment_number
        else 'BILL ' || utc_text(t)
    end;

-- Natural keys: two items with one key are the same thing. A key is a list, so that an absent value keeps its place.
create or replace macro sale_key(seller, role, receipt, payment) as
    cast(to_json([seller, role, receipt, payment]) as varchar);

-- The id names a refund within its receipt; `part` separates events with one id and different items.
create or replace macro refund_key(seller, role, receipt, id, t, amount, part) as
    case
        when id is not null then cast(to_json([seller, role, receipt, 'id', id, part]) as varchar)
        else cast(to_json([
            seller, role, receipt, cast(epoch_us(t) as varchar), cast(amount as varchar), part
        ]) as varchar)
    end;

-- Status and instant separate the stages of a dispute.
create or replace macro dispute_key(seller, role, receipt, id, kind, status, t, amount) as
    case
        when id is not null
            then cast(to_json([seller, role, receipt, 'id', id, status, cast(epoch_us(t) as varchar)]) as varchar)
        else cast(to_json([
            seller, role, receipt, kind, status, cast(epoch_us(t) as varchar), cast(amount as varchar)
        ]) as varchar)
    end;

create or replace macro sync_key(id, source, started_at, completed_at) as
    cast(to_json([
        id, source, cast(epoch_us(started_at) as varchar), cast(epoch_us(completed_at) as varchar)
    ]) as varchar);

-- Whether the last key of a path names the total of the order: totalOrderAmount, order_total, total_tax_amount_cents. A
-- plain amount, or a plain total, is the row's.
create or replace macro names_order_total(path) as
    coalesce(
        regexp_matches(regexp_replace(lower(path), '_(cents|minor)$', ''), '[.](c?order|total_?[a-z])[a-z_]*$'), false
    );

-- The amount of several rows together: the order's own total where a row has it, else their sum.
create or replace macro part_total(amounts, are_totals) as
    coalesce(
        list_filter(list_zip(amounts, are_totals), lambda a: a[2] and a[1] is not null)[1][1],
        cast(list_sum(amounts) as decimal(18, 4))
    );

-- The path of the first total that differs from the first; NULL where all are equal.
create or replace macro first_other_total(amounts, are_totals, paths) as
    list_filter(
        list_filter(list_zip(amounts, are_totals, paths), lambda a: a[2] and a[1] is not null),
        lambda a: a[1] != list_filter(list_zip(amounts, are_totals), lambda b: b[2] and b[1] is not null)[1][1]
    )[1][3];
