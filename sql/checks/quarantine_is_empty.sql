-- An event that could not be mapped is in no fact until an alias or a fix lets it in.
-- severity: warning
select distinct
    event_key,
    event_type
from quarantine
