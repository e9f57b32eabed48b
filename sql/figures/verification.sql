-- The last time every table was compared with a full rebuild.
select
    verified_at,
    count(*) as table_count,
    count(*) filter (where missing + unexpected > 0) as differing_count
from verifications
where verified_at = (select max(verified_at) from verifications)
group by verified_at
