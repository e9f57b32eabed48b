-- Exact decimals from text: 320.75, "1,234.50", "$79.00", 1E3. Never through a float.
create or replace macro money(x) as
    case
        when regexp_full_match(x, '[+-]?[0-9]*[.]?[0-9]+([eE][+-]?[0-9]{1,3})?')
            then try_cast(x as decimal(18, 4))
        when regexp_full_match(x, '([+-]?[$]?|[$][+-]?)([0-9]{1,3}(,[0-9]{3})*([.][0-9]+)?|[0-9]*[.]?[0-9]+([eE][+-]?[0-9]{1,3})?)')
            then try_cast(regexp_replace(x, '[$,]', '', 'g') as decimal(18, 4))
    end;

-- Legacy fields count cents. Text in, text out, so that an unreadable value stays visible to the caller.
create or replace macro cents(x) as
    case when money(x) is null then x else cast(money(x) * cast(0.01 as decimal(3, 2)) as varchar) end;

-- An exact mean, rounded half away from zero to four places; NULL when there is nothing to divide by.
create or replace macro money_per(amount, n) as
    case
        when n > 0
            then cast(
                cast(sign(amount) * ((2 * cast(abs(amount) * 10000 as hugeint) + n) // (2 * n)) as decimal(38, 0))
                * cast(0.0001 as decimal(5, 4)) as decimal(18, 4)
            )
    end;
