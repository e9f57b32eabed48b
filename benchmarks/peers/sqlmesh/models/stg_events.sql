MODEL (
  name peer.stg_events,
  kind INCREMENTAL_BY_UNIQUE_KEY (unique_key event_id)
);

select
  *,
  (max(received_at) over (partition by event_id))::timestamptz as changed_at
from peer.stg_deliveries
where event_id in (
  select event_id from peer.stg_deliveries where received_at between @start_dt and @end_dt
)
qualify row_number() over (partition by event_id order by created_at desc, body_sha256 desc) = 1
