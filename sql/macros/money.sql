-- Exact decimals from text: 320.75, "1,234.50", "$79.00", 1E3. Never through a float. An amount of 10^11 or more cannot be
-- read: a few such would overflow the sums of a report, and one event must never stop the others.
-- Legacy fields count cents; the alias table marks them with a cent sign (7900¢ is 79.00).
create or replace macro money(x) as
    case
        when regexp_full_match(x, '[+-]?[0-9]*[.]?[0-9]+([eE][+-]?[0-9]{1,3})?')
            then cast(try_cast(x as decimal(15, 4)) as decimal(18, 4))
        when regexp_full_match(x, '([+-]?[$]?|[$][+-]?)([0-9]{1,3}(,[0-9]{3})*([.][0-9]+)?|[0-9]*[.]?[0-9]+([eE][+-]?[0-9]{1,3})?)¢?')
            then cast(
                cast(try_cast(regexp_replace(x, '[$,¢]', '', 'g') as decimal(15, 4)) as decimal(18, 4))
                * case when ends_with(x, '¢') then cast(0.01 as decimal(3, 2)) else cast(1 as decimal(3, 2)) end
                as decimal(18, 4)
            )
    end;

-- An amount as a whole number of its last decimal place. Widened first: DECIMAL(18, 4) times 10000 overflows at 10^10.
create or replace macro tenths_of_mills(amount) as cast(cast(amount as decimal(38, 4)) * 10000 as hugeint);

-- The part of an amount that falls to a weight, exact and rounded half away from zero to four places.
-- None of the three may be negative.
create or replace macro money_share(amount, weight, total_weight) as
    cast(
        cast(
            (2 * tenths_of_mills(amount) * tenths_of_mills(weight) + tenths_of_mills(total_weight))
            // (2 * tenths_of_mills(total_weight)) as decimal(38, 0)
        ) * cast(0.0001 as decimal(5, 4)) as decimal(18, 4)
    );

-- What a reversal takes back of what its sale brought the account: in proportion to the sale's gross, never more than all of
-- it. NULL where that is not known.
create or replace macro taken_back(amount, gross, account) as
    case
        when amount = 0 then cast(0 as decimal(18, 4))
        when gross > 0 then cast(sign(account) * money_share(least(amount, gross), abs(account), gross) as decimal(18, 4))
    end;

-- The account amount that a reversal takes back: as sent, else in proportion, and 0 where another row of it takes it back.
create or replace macro reversed_account(told, is_taking_back, amount, gross, account) as
    case
        when told is not null then abs(told)
        when is_taking_back then taken_back(amount, gross, account)
        when not is_taking_back then cast(0 as decimal(18, 4))
    end;

-- An exact mean, rounded half away from zero to four places; NULL when there is nothing to divide by.
create or replace macro money_per(amount, n) as
    case
        when n > 0
            then cast(
                cast(sign(amount) * ((2 * tenths_of_mills(abs(amount)) + n) // (2 * n)) as decimal(38, 0))
                * cast(0.0001 as decimal(5, 4)) as decimal(18, 4)
            )
    end;
