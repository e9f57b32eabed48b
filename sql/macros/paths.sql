-- Paths of a body, and the structure that json_structure gives of it: every value replaced by the name of its type.

-- Whether an object or an array is at a path; an object without keys is the type JSON.
create or replace macro is_structured(structure, path) as
    coalesce(json_type(structure, path) in ('OBJECT', 'ARRAY') or json_extract_string(structure, path) = 'JSON', false);

create or replace macro json_kind(type_name) as
    case type_name
        when '"VARCHAR"' then 'text'
        when '"BOOLEAN"' then 'boolean'
        when '"NULL"' then 'null'
        when '"JSON"' then 'mixed'
        else 'number'
    end;

-- A path as the alias table spells it: from the item it belongs to, which may be an element of an array. NULL outside.
create or replace macro item_path(full_path, data_path) as
    case
        when starts_with(full_path, data_path)
            then nullif(regexp_extract(substr(full_path, length(data_path) + 1), '^(?:\[\*\])?\.(.*)$', 1), '')
    end;

-- Keys of these objects are the seller's own words; everything below is one path.
create or replace macro without_free_keys(path) as
    regexp_replace(path, '[.](vendorVariables|counts|totals)[.\[].*$', '.\1.*');

-- A key that is no name (an address, a number, a sentence) may be personal data; none is shown. DuckDB would take longer
-- to compile a length next to the letters of every alphabet than to run the query.
create or replace macro discreet_path(path) as
    array_to_string(
        list_transform(
            string_split(without_free_keys(path), '.'),
            lambda k: case
                when
                    regexp_full_match(k, '[\p{L}_$@][\p{L}\p{N}_ -]*(\[\*\])*')
                    and length(split_part(k, '[', 1)) <= 48
                    and not regexp_matches(k, '[0-9].*[0-9].*[0-9].*[0-9]')
                    then k
                else '*'
            end
        ),
        '.'
    );

-- Each object on the way to a path, and the key by which the path leaves it.
create or replace macro parents_of(path) as
    list_transform(
        generate_series(1, len(string_split(path, '.')) - 1),
        lambda i: struct_pack(
            parent := array_to_string(list_slice(string_split(path, '.'), 1, i), '.'),
            key := string_split(path, '.')[i + 1]
        )
    );
