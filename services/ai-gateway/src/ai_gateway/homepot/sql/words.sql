-- The words for a member `v`, made of HOMEPOT's three vocabularies. `devices.status` is not used: it stays `online` after
-- heartbeats stop. What holds for nearly every device is looked at first.
-- `in_service` is a CASE because Postgres takes a bare `lower(…) IN (…)` for one row in a hundred, expects hardly any
-- device, and then visits all of them once a site.
CASE WHEN v.enabled AND v.lifecycle_state IN ('active', 'pending') THEN true ELSE false END AS in_service,
CASE WHEN v.heard THEN 'online' WHEN NOT v.heard THEN 'offline' ELSE 'never_seen' END AS connectivity,
CASE
    WHEN {well} THEN 'online'
    WHEN v.lifecycle_state NOT IN ('active', 'pending') THEN v.lifecycle_state
    WHEN NOT v.enabled THEN 'inactive'
    WHEN v.heard IS NULL THEN 'never_seen'
    WHEN NOT v.heard THEN 'offline'
    WHEN v.health_state IN ('error', 'warning', 'maintenance') THEN v.health_state
    ELSE 'online'
END AS condition
