-- The meaning of each figure, and the source of its definition.
select
    metric,
    formula,
    basis,
    location,
    source
from metric_definitions
order by metric
