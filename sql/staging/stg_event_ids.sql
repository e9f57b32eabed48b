-- The body that speaks for one event id (layer 2). A total order that does not depend on arrival: a body that maps
-- before one that does not, then the latest created_at, then the greatest SHA-256.
-- key: identity_key
with claims as (
    select * from stg_claims
)

select
    identity_key,
    body_id, -- the winner; joins to stg_claims.body_id
    body_sha256,
    event_type,
    created_at,
    status
from claims
qualify
    row_number() over (
        partition by identity_key
        order by (status = 'mapped') desc, created_at desc nulls last, body_sha256 desc
    ) = 1
