INSERT INTO ai_device_happenings (hour, device, kind, at)
SELECT date_trunc('hour', min(to_timestamp(n.at)), 'UTC'), n.device, n.kind, min(to_timestamp(n.at))
FROM unnest(%(devices)s::int[], %(kinds)s::text[], %(at)s::bigint[]) AS n (device, kind, at)
GROUP BY date_trunc('hour', to_timestamp(n.at), 'UTC'), n.device, n.kind
ON CONFLICT (hour, device, kind) DO UPDATE SET at = least(ai_device_happenings.at, EXCLUDED.at)
