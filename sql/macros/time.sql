-- Instants from the three families seen: basic ISO (20260423T175704-0700), extended ISO, and epoch seconds or
-- milliseconds told apart by magnitude. A time without an offset is Pacific, the sender's clock; a bare date is that day in
-- the report zone (CBW_TIMEZONE).

create or replace macro is_epoch(x) as
    coalesce(regexp_full_match(x, '[0-9]{9,10}([.][0-9]+)?|[0-9]{12,13}([.][0-9]+)?'), false);

-- One spelling for all: 20260423T175704-0700 -> 2026-04-23T17:57:04-07:00, seconds added where only minutes are given,
-- the fraction cut to microseconds, the offset with minutes.
create or replace macro extended_iso(x) as
    regexp_replace(
        regexp_replace(
            regexp_replace(
                regexp_replace(
                    regexp_replace(
                        regexp_replace(x, '^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})', '\1-\2-\3T\4:\5:\6', 'g'),
                        '([.]\d{6})\d+', '\1', 'g'
                    ),
                    '([T ]\d{2}:\d{2}(:\d{2}([.]\d+)?)?) ([+-])', '\1\4', 'g'
                ),
                '([T ]\d{2}:\d{2})(Z|z|[+-]\d{2}:?\d{2}|[+-]\d{2}|)$', '\1:00\2', 'g'
            ),
            '([T ].*[+-]\d{2})(\d{2})$', '\1:\2', 'g'
        ),
        '([T ]\d{2}:\d{2}:\d{2}([.]\d+)?[+-]\d{2})$', '\1:00', 'g'
    );

-- Of a text that `extended_iso` spelt. Years 100 to 9899: beyond them an offset may lead out of the years 1 to 9999 that
-- every client can read.
create or replace macro is_zoned_iso(iso) as
    coalesce(
        regexp_full_match(
            iso,
            '(0[1-9]|[1-8]\d|9[0-8])\d{2}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}([.]\d+)? ?(Z|z|[+-]([01]\d|2[0-3]):[0-5]\d)'
        ),
        false
    );

create or replace macro is_naive_iso(iso) as
    coalesce(
        regexp_full_match(iso, '(0[1-9]|[1-8]\d|9[0-8])\d{2}-\d{2}-\d{2}([T ]\d{2}:\d{2}:\d{2}([.]\d+)?)?'), false
    );

-- The commonest texts end in an offset: the macro answers for them without extended_iso.
create or replace macro is_naive(x) as
    case when regexp_matches(x, 'T.*(Z|[+-]\d{2}:?\d{2})$') then false else is_naive_iso(extended_iso(x)) end;

create or replace macro is_day(x) as coalesce(regexp_full_match(x, '\d{4}-\d{2}-\d{2}'), false);

-- Of the two instants that a clock shows twice in autumn, the earlier; a time that the clock skips in spring is read
-- with the offset before the jump.
create or replace macro local_instant(zone, x) as
    case
        when timezone(zone, timezone(zone, x) - interval '1' hour) = x then timezone(zone, x) - interval '1' hour
        else timezone(zone, x)
    end;

-- The steps are lambdas of lists: DuckDB initialises a lambda only where a row needs it, and a branch of a CASE always.
create or replace macro iso_instant(iso) as
    case
        when is_zoned_iso(iso) then try_cast(upper(replace(iso, ' ', 'T')) as timestamptz)
        when is_naive_iso(iso) and length(iso) = 10
            then list_transform([try_cast(iso as timestamp)], lambda t: local_instant(getvariable('report_zone'), t))[1]
        when is_naive_iso(iso)
            then list_transform([try_cast(iso as timestamp)], lambda t: local_instant('America/Los_Angeles', t))[1]
    end;

create or replace macro rare_instant(x) as
    case
        when is_epoch(x) then make_timestamptz(cast(floor(try_cast(x as decimal(38, 9)) * 1000000) as bigint))
        else list_transform([extended_iso(x)], lambda iso: iso_instant(iso))[1]
    end;

create or replace macro instant(x) as
    case
        when x is null then null
        -- the two commonest spellings need no rewriting
        when
            regexp_full_match(
                x,
                '(0[1-9]|[1-8]\d|9[0-8])\d{2}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(Z|[+-]([01]\d|2[0-3]):[0-5]\d)'
            )
            then try_cast(x as timestamptz)
        when regexp_full_match(x, '(0[1-9]|[1-8]\d|9[0-8])\d{6}T\d{6}[+-]([01]\d|2[0-3])[0-5]\d')
            then try_cast(
                concat(
                    substr(x, 1, 4), '-', substr(x, 5, 2), '-', substr(x, 7, 5), ':', substr(x, 12, 2), ':', substr(x, 14, 5),
                    ':', substr(x, 19, 2)
                ) as timestamptz
            )
        -- the cast to a wide decimal is the slow one, and a whole number does without
        when regexp_full_match(x, '[0-9]{9,10}') then make_timestamptz(try_cast(x as bigint) * 1000000)
        when regexp_full_match(x, '[0-9]{12,13}') then make_timestamptz(try_cast(x as bigint) * 1000)
        else list_transform([x], lambda v: rare_instant(v))[1]
    end;

-- ClickBank began in 1998. NULL when `t` is.
create or replace macro is_too_early(t) as t < timestamptz '1998-01-01 00:00:00+00';

-- Our own clock was not set when it shows a time before this program existed: such a receipt proves nothing.
create or replace macro is_of_a_set_clock(received_at) as received_at >= timestamptz '2025-01-01 00:00:00+00';

-- Senders' clocks run ahead a little.
create or replace macro is_too_late(t, received_at) as
    is_of_a_set_clock(received_at) and t > received_at + interval '48' hour;

-- The day an instant falls on in the report zone (CBW_TIMEZONE).
create or replace macro report_date(t) as cast(timezone(getvariable('report_zone'), t) as date);

-- Where that day begins, or another so many days later.
create or replace macro report_midnight(t, days) as
    local_instant(getvariable('report_zone'), cast(report_date(t) + cast(days as integer) as timestamp));

-- The same time of day in the report zone, so many days earlier.
create or replace macro days_before(t, days) as
    local_instant(
        getvariable('report_zone'), timezone(getvariable('report_zone'), t) - to_days(cast(days as integer))
    );

-- The days that a telling of an instant may mean: its day in Pacific time and in UTC, or the one that it names.
create or replace macro told_days(t, is_day) as
    case
        when is_day then [report_date(t)]
        else [cast(timezone('America/Los_Angeles', t) as date), cast(timezone('UTC', t) as date)]
    end;
