-- Exact decimals from text: 320.75, "1,234.50", "$79.00", 1E3. Never through a float. A comma groups three digits each and
-- never stands behind a leading zero: 0,075 is somebody's decimal comma and cannot be read. An amount of 10^11 or more cannot
-- be read either: a few such would overflow the sums of a report, and one event must never stop the others.
-- A cent sign marks an amount in minor units, followed by the number of the currency's decimal places where these are not
-- two: 7900¢ is 79.00, and 5000¢0 is 5000 yen.
create or replace macro money(x) as
    case
        when regexp_full_match(x, '[+-]?[0-9]*[.]?[0-9]+([eE][+-]?[0-9]{1,3})?')
            then cast(try_cast(x as decimal(15, 4)) as decimal(18, 4))
        when
            regexp_full_match(
                x,
                '([+-]?[$]?|[$][+-]?)([1-9][0-9]{0,2}(,[0-9]{3})+([.][0-9]+)?|[0-9]*[.]?[0-9]+([eE][+-]?[0-9]{1,3})?)(¢[0-4]?)?'
            )
            then cast(
                cast(try_cast(regexp_replace(x, '[$,]|¢.?', '', 'g') as decimal(15, 4)) as decimal(19, 4))
                * case regexp_extract(x, '¢.?')
                    when '¢' then cast(0.01 as decimal(5, 4))
                    when '¢2' then cast(0.01 as decimal(5, 4))
                    when '¢1' then cast(0.1 as decimal(5, 4))
                    when '¢3' then cast(0.001 as decimal(5, 4))
                    when '¢4' then cast(0.0001 as decimal(5, 4))
                    else cast(1 as decimal(5, 4))
                end
                as decimal(18, 4)
            )
    end;

-- The text of an amount, with the decimal places of its currency behind the mark of minor units.
create or replace macro in_minor_units(x, places) as case when ends_with(x, '¢') then x || places else x end;

-- An amount whose minor units were read with two decimal places, because its currency was not said, with the places of
-- the currency that it is of.
create or replace macro minor_units_of(amount, is_assumed, places) as
    case
        when is_assumed
            then cast(
                amount * case places
                    when '0' then cast(100 as decimal(7, 4))
                    when '1' then cast(10 as decimal(7, 4))
                    when '3' then cast(0.1 as decimal(7, 4))
                    when '4' then cast(0.01 as decimal(7, 4))
                    else cast(1 as decimal(7, 4))
                end
                as decimal(18, 4)
            )
        else amount
    end;

-- A figure that may be written as percent: "50%" is 50.
create or replace macro figure(x) as money(regexp_replace(x, '\s*%$', '', 'g'));

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

-- The part of a sale's account amount that a reversal takes back: in proportion to the sale's gross, never more than all of
-- it. NULL where that is not known.
create or replace macro taken_back(amount, gross, account) as
    case
        when amount = 0 then cast(0 as decimal(18, 4))
        when gross > 0 and amount is not null then cast(sign(account) * money_share(least(amount, gross), abs(account), gross) as decimal(18, 4))
    end;

-- The account amount that a reversal takes back: as sent, else in proportion, and 0 where another row of it takes it back.
create or replace macro reversed_account(told, is_taking_back, amount, gross, account) as
    case
        when told is not null then abs(told)
        when is_taking_back then taken_back(amount, gross, account)
        when not is_taking_back then cast(0 as decimal(18, 4))
    end;
-- Whether a sum of prices is the amount paid, with or without the discount, and with or without tax and shipping.
create or replace macro is_paid(amount, discount, gross, extra) as
    cast(amount as decimal(38, 4)) in (gross - extra, gross, gross - extra + discount, gross + discount);

-- Whether the prices of a sale's lines are per unit: multiplied by their quantities they add up to the amount paid, and as they
-- stand they do not. False where a price or a quantity is not known.
create or replace macro is_priced_per_unit(prices, quantities, discount, gross, extra) as
    coalesce(
        len(list_filter(prices, lambda p: p is null)) = 0
        and len(list_filter(quantities, lambda q: q is null)) = 0
        and is_paid(
            list_sum(list_transform(list_zip(prices, quantities), lambda z: cast(z[1] as decimal(38, 4)) * z[2])),
            coalesce(discount, 0), gross, extra
        )
        and not is_paid(list_sum(prices), coalesce(discount, 0), gross, extra),
        false
    );

-- An exact mean, rounded half away from zero to four places; NULL when there is nothing to divide by.
create or replace macro money_per(amount, n) as
    case
        when n > 0
            then cast(
                cast(sign(amount) * ((2 * tenths_of_mills(abs(amount)) + n) // (2 * n)) as decimal(38, 0))
                * cast(0.0001 as decimal(5, 4)) as decimal(18, 4)
            )
    end;
