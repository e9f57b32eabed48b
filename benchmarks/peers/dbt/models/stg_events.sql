{{ config(unique_key='event_id') }}
-- One event: of its bodies, the latest.
with deliveries as (
    select * from {{ ref('stg_deliveries') }}
)

select
    *,
    max(sequence) over (partition by event_id) as changed_sequence
from deliveries
{% if is_incremental() %}
where event_id in (
    select event_id from deliveries where sequence > (select max(changed_sequence) from {{ this }})
)
{% endif %}
qualify row_number() over (partition by event_id order by created_at desc, body_sha256 desc) = 1
