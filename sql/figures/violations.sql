-- The checks of the last run that found something.
select
    check_name,
    severity,
    violations
from check_results
where
    run_id = (select max(run_id) from check_results)
    and violations > 0
order by severity, check_name
