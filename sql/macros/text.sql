-- What counts as absent, and how text becomes a typed value. A macro gives NULL for what it cannot read;
-- the model that calls it tells absent from unreadable by looking at the text too.

-- Words for nothing become JSON null before a body is read: "", "null", "N/A", blanks, {"@nil": "true"}. A quote that
-- follows a colon can only open a value, because a quote inside a string is escaped.
create or replace macro without_blanks(document) as
    regexp_replace(
        document,
        ':\s*("(\s|\\[ntrf])*(null|N/A)?(\s|\\[ntrf])*"|\{\s*"@nil"\s*:\s*("true"|true)\s*\})', ':null', 'g'
    );

-- An object or an array is no value. Written so that x stands here once: macros multiply what they repeat.
create or replace macro clean(x) as
    list_extract(regexp_extract_all(x, '(?s)^\s*([^\s{\[](.*\S)?)\s*$', 1), 1);

create or replace macro container(x) as
    case when starts_with(x, '{') or starts_with(x, '[') then x end;

-- Only a JSON string, given as JSON text, is a name; a number is not.
create or replace macro json_string(x) as
    case when starts_with(x, '"') then trim(json_extract_string(x, '$'), e' \t\n\r\f\v') end;

create or replace macro truthy(x) as coalesce(lower(x) in ('true', '1', 'y'), false);

create or replace macro falsy(x) as coalesce(lower(x) in ('false', '0', 'n'), false);

create or replace macro whole_number(x) as
    case when regexp_full_match(x, '[+-]?[0-9]{1,18}([.]0+)?') then cast(try_cast(x as decimal(38, 4)) as bigint) end;
