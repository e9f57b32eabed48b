-- What each figure means, and whose definition it is.
select
    metric,
    formula,
    basis,
    location,
    source
from metric_definitions
order by metric
