-- Which syncs claim more records than we hold?
-- A positive gap means that webhooks were missed for those days; a later sync of the same days may have a smaller one.
select
    strftime(completed_at, '%Y-%m-%d %H:%M') as completed,
    source,
    status,
    range_start as "first day",
    range_end as "last day",
    records_claimed as claimed,
    records_held as held,
    gap
from fct_data_syncs
where gap > 0 or status != 'success'
order by completed_at desc, event_key, item_index
limit 20
