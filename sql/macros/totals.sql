-- How models add up and divide. Figures, checks and examples also run on a published version, which knows no macro: they
-- are plain SQL.

-- A fraction; NULL when there is nothing to divide by.
create or replace macro rate(part, whole) as cast(part as double) / nullif(cast(whole as double), 0);

-- A sum that is 0 where there is nothing to add; with the type of a published count, and of a published amount.
create or replace macro total(x) as coalesce(sum(x), 0);

create or replace macro total_count(x) as cast(total(x) as bigint);

create or replace macro total_amount(x) as cast(total(x) as decimal(18, 4));
