-- How many checks the last run made, and when.
select
    count(*) as check_count,
    max(checked_at) as checked_at
from check_results
where run_id = (select max(run_id) from check_results)
