-- A sync that claims other counts than we hold points at webhooks that never arrived.
-- severity: warning
select
    event_key,
    source,
    range_start,
    range_end,
    gap
from fct_data_syncs
where gap != 0
