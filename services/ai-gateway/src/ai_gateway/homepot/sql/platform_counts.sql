-- `fits`: whether the operating system is the one asked for; NULL where none is.
SELECT f.os_details, COALESCE(f.os_details, '') ~* %(platform)s::text AS fits, count(*)::int AS devices
FROM {fleet} AS f
WHERE f.in_service
GROUP BY f.os_details
ORDER BY devices DESC, f.os_details
