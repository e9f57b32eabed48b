-- Which words count as absent, and how text becomes a typed value. A macro gives NULL for text it cannot read;
-- the model that calls it tells absent from unreadable by looking at the text too.

-- Words for nothing become JSON null before a body is read: "", "null", "N/A", blanks, {"@nil": "true"}. The pattern
-- cannot match inside a string, where every quote is escaped, nor from the quote that ends one (`"a:"`), because no
-- second quote may follow that one. Only a colon or [ may stand before a text: after a comma it may be a key.
-- A text that starts like a container ("[Bundle] Book") gets a blank in front, which `text` takes away.
-- One pattern for a colon and one for [, because a pattern that starts with one known character is the fast kind.
create or replace macro without_nil(document) as
    case
        -- without the leading quote, which every body is full of: contains() tests each occurrence of the first character
        when contains(document, '@nil"')
            then regexp_replace(document, '([:\[,]\s*)\{\s*"@nil"\s*:\s*("true"|true)\s*\}', '\1null', 'g')
        else document
    end;

create or replace macro without_blanks(document) as
    regexp_replace(
        regexp_replace(
            regexp_replace(
                regexp_replace(
                    without_nil(document), ':\s*"(?:\s|\\[ntrf]|\\u00(?:20|09|0[aAcCdD]))*(?:null|N\\?/A)?(?:\s|\\[ntrf]|\\u00(?:20|09|0[aAcCdD]))*"', ':null', 'g'
                ),
                '\[\s*"(?:\s|\\[ntrf]|\\u00(?:20|09|0[aAcCdD]))*(?:null|N\\?/A)?(?:\s|\\[ntrf]|\\u00(?:20|09|0[aAcCdD]))*"', '[null', 'g'
            ),
            ':\s*"([{\[])', ':" \1', 'g'
        ),
        '\[\s*"([{\[])', '[" \1', 'g'
    );

-- A body as it was sent, or the document in its place where DuckDB cannot read it: half of an escaped character.
create or replace macro readable_text(body, document) as
    case when document is not null and not json_valid(decode(body)) then document else decode(body) end;

-- An object or an array is no value; as text, it starts with { or [.
create or replace macro scalar(x) as case ascii(x) when 91 then null when 123 then null else x end;

-- A value without the blanks around it; a value of blanks alone was turned into null before.
create or replace macro text(x) as trim(x, e' \t\n\r\f');

-- Whether none of the values in a text, with U+001F between them, is an object or an array or has blanks around it.
-- Few have, and one test of all takes a tenth of the time of a test of each.
create or replace macro are_clean(texts) as not regexp_matches(texts, '(^|\x1f)[\s{\[]|\s¢?(\x1f|$)');

-- The value under the first of some paths of an object where there is one, with the mark of its unit.
create or replace macro first_scalar(object, paths, marks) as
    list_filter(
        list_transform(list_zip(json_extract_string(object, paths), marks), lambda v: text(scalar(v[1])) || v[2]),
        lambda v: v is not null
    )[1];

-- Which of the paths that is, without the words of JSON's paths.
create or replace macro first_path(object, paths) as
    replace(
        substr(
            paths[list_position(list_transform(json_extract_string(object, paths), lambda v: scalar(v) is not null), true)], 2
        ),
        '"', ''
    );

-- A value without the blanks around it; in place of an object or an array, the value `in_place`.
create or replace macro careful(x, in_place) as
    case when ascii(x) in (91, 123) then in_place else regexp_replace(x, '^\s+|\s+(¢?)$', '\1', 'g') end;

-- Whether no value of a JSON text needs cleaning: none is an object or an array or starts like one, no quote is next to
-- a blank, and no character is escaped, because a blank might be.
create or replace macro has_clean_values(json_text) as not regexp_matches(json_text, '\\|"\s|\s"|:\s*"?[{\[]');

create or replace macro container(x) as
    case when starts_with(x, '{') or starts_with(x, '[') then x end;

-- Only a JSON string, given as JSON text, is a name; a number is not.
create or replace macro json_string(x) as
    case when starts_with(x, '"') then trim(json_extract_string(x, '$'), e' \t\n\r\f') end;

create or replace macro truthy(x) as coalesce(lower(x) in ('true', '1', 'y', 'yes'), false);

create or replace macro falsy(x) as coalesce(lower(x) in ('false', '0', 'n', 'no'), false);

-- How words are compared: letters and digits in upper case, all between them one underscore; cancelRebill is two words.
create or replace macro folded(x) as
    trim(
        upper(regexp_replace(regexp_replace(x, '([a-z0-9])([A-Z])', '\1_\2', 'g'), '[^A-Za-z0-9]+', '_', 'g')), '_'
    );

create or replace macro whole_number(x) as
    case when regexp_full_match(x, '[+-]?[0-9]{1,18}([.]0+)?') then cast(try_cast(x as decimal(38, 4)) as bigint) end;

-- How long something is, in whole units; more than so many is no length but a mistake.
create or replace macro length_up_to(x, most) as case when whole_number(x) between 1 and most then whole_number(x) end;
