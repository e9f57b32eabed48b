-- Lines + tax + shipping = the amount paid, as far as everything was said; a price may be per unit.
-- severity: warning
select
    event_key,
    receipt,
    gross_amount,
    price_amount
from int_unequal_lines
