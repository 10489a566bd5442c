-- Beside the worker's round: sites with their health, twenty-nine earlier days of outlooks, and what is remembered of failures of
-- every device n with n / {sites} % 10 = 0, each `1 + n % 90` days ago. Opening hours are HOMEPOT's (bench/predictions.py).
INSERT INTO ai_site_health (site, as_of, score, devices, healthy, warning, critical, unknown, open_anomalies)
SELECT n, now(), 0.99, {devices} / {sites}, {devices} / {sites}, 0, 0, 0, 0 FROM generate_series(1, {sites}) AS n
ON CONFLICT (site) DO NOTHING;

INSERT INTO ai_incidents (
    id, status, severity, category, kind, metric, title, scope, site, sites, opened_at, last_at, resolved_at, resolution,
    cause, fingerprint, revision
)
SELECT
    md5('failure' || n)::uuid, 'resolved', 'critical', 'storage', 'limit', 'disk_percent', 'Disk full', 'device',
    1 + n % {sites}, ARRAY[1 + n % {sites}], at, at + interval '5 hours', at + interval '5 hours',
    'Cleared the logs of ' || n, '{"kind": "filling", "text": "It filled by 2 points a day."}', 'made up',
    nextval('ai_incident_revisions')
FROM generate_series(1, {devices}) AS n, LATERAL (SELECT now() - (1 + n % 90) * interval '1 day' AS at) AS t
WHERE n / {sites} % 10 = 0;

INSERT INTO ai_incident_devices (incident, device, site)
SELECT md5('failure' || n)::uuid, n, 1 + n % {sites} FROM generate_series(1, {devices}) AS n WHERE n / {sites} % 10 = 0;

INSERT INTO ai_incident_patterns (
    source, source_key, content_hash, title, description, severity, category, site, device_id, occurred_at, resolution,
    helped, embedding_model
)
SELECT
    'incident', i.id::text, 'made up', i.title, 'Disk full. Category: storage.', 'critical', 'storage', i.site,
    'DEVICE-' || d.device, i.opened_at, i.resolution, true, ''
FROM ai_incidents AS i
JOIN ai_incident_devices AS d ON d.incident = i.id
WHERE i.fingerprint = 'made up';

INSERT INTO ai_site_outlooks
SELECT (r.made).*
FROM (
    SELECT jsonb_populate_record(
        o, jsonb_build_object('day', o.day - n, 'as_of', o.as_of - n * interval '1 day', 'score_total', 0.9, 'score_count', 1)
    ) AS made
    FROM ai_site_outlooks AS o, generate_series(1, 29) AS n
) AS r
ON CONFLICT DO NOTHING;
