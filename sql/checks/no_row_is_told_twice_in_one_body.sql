-- A body tells a row twice that is equal in all that is mapped: it counts once. Two things need a number or an id each.
-- severity: warning
-- refresh by: receipt
select
    body_id,
    item_index,
    lead_item_index
from int_parts
where is_repeat
