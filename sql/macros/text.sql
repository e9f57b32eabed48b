-- What counts as absent, and how text becomes a typed value. A macro gives NULL for what it cannot read;
-- the model that calls it tells absent from unreadable by looking at the text too.

-- Words for nothing become JSON null before a body is read: "", "null", "N/A", blanks, {"@nil": "true"}. The pattern
-- cannot match inside a string, where every quote is escaped, nor from the quote that ends one (`"a:"`), because no
-- second quote may follow that one. Only a colon or [ may stand before a text: after a comma it may be a key.
-- A text that starts like a container ("[Bundle] Book") gets a blank in front, which `clean` looks for.
-- One pattern for a colon and one for [, because a pattern that starts with one known character is the fast kind.
create or replace macro without_nil(document) as
    case
        when contains(document, '"@nil"')
            then regexp_replace(document, '([:\[,]\s*)\{\s*"@nil"\s*:\s*("true"|true)\s*\}', '\1null', 'g')
        else document
    end;

create or replace macro without_blanks(document) as
    regexp_replace(
        regexp_replace(
            regexp_replace(
                regexp_replace(
                    without_nil(document), ':\s*"(?:\s|\\[ntrf])*(?:null|N\\?/A)?(?:\s|\\[ntrf])*"', ':null', 'g'
                ),
                '\[\s*"(?:\s|\\[ntrf])*(?:null|N\\?/A)?(?:\s|\\[ntrf])*"', '[null', 'g'
            ),
            ':\s*"([{\[])', ':" \1', 'g'
        ),
        '\[\s*"([{\[])', '[" \1', 'g'
    );

-- An object or an array is no value; both are given without a blank in front.
-- Written so that x stands here once: macros multiply what they repeat.
create or replace macro clean(x) as
    trim(list_extract(regexp_extract_all(x, '(?s)^(\s*[^\s{\[].*|\s+[{\[].*)$', 1), 1), e' \t\n\r\f');

create or replace macro container(x) as
    case when starts_with(x, '{') or starts_with(x, '[') then x end;

-- Only a JSON string, given as JSON text, is a name; a number is not.
create or replace macro json_string(x) as
    case when starts_with(x, '"') then trim(json_extract_string(x, '$'), e' \t\n\r\f') end;

create or replace macro truthy(x) as coalesce(lower(x) in ('true', '1', 'y'), false);

create or replace macro falsy(x) as coalesce(lower(x) in ('false', '0', 'n'), false);

create or replace macro whole_number(x) as
    case when regexp_full_match(x, '[+-]?[0-9]{1,18}([.]0+)?') then cast(try_cast(x as decimal(38, 4)) as bigint) end;
