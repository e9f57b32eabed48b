-- Two rows of a body are equal in every mapped field and count once. Two items need a number or an id each.
-- severity: warning
-- refresh by: receipt
select
    body_id,
    item_index,
    lead_item_index
from int_parts
where is_repeat
