-- What a worker would have left of {devices} devices at {sites} sites: one device in a hundred is unwell, with two open
-- anomalies; ten ended ones for each of those; an incident a week old or younger for every fifth of them, a tenth of these
-- unresolved. Made up, and only as many as a large fleet has.
INSERT INTO ai_site_health (site, as_of, score, devices, healthy, warning, critical, unknown, open_anomalies)
SELECT n, now(), 0.99, {devices} / {sites}, 99, 1, 0, 0, 2 FROM generate_series(1, {sites}) AS n
ON CONFLICT (site) DO UPDATE SET as_of = now();

INSERT INTO ai_device_health (device, site, score, status, parts)
SELECT
    n, 1 + n % {sites}, CASE WHEN n % 100 = 0 THEN 0.2 + n % 500 / 1000.0 ELSE 1 END,
    CASE WHEN n % 100 <> 0 THEN 'healthy' WHEN n % 200 = 0 THEN 'critical' ELSE 'warning' END,
    CASE WHEN n % 100 = 0 THEN
        '[{"name": "cpu_percent", "kind": "anomaly", "weight": 0.7, "text": "CPU 97 percent, expected 30 percent"}]'::jsonb
        ELSE '[]'::jsonb END
FROM generate_series(1, {devices}) AS n
ON CONFLICT (device) DO NOTHING;

INSERT INTO ai_incidents (
    id, status, severity, category, kind, metric, title, scope, site, sites, opened_at, last_at, fingerprint, revision
)
SELECT
    md5('incident' || n)::uuid, CASE WHEN n % 5000 = 0 THEN 'open' ELSE 'resolved' END,
    (ARRAY['critical', 'warning', 'info'])[1 + n / 500 % 3], 'performance', 'deviation', 'cpu_percent',
    'CPU above its usual range', 'device', 1 + n % {sites}, ARRAY[1 + n % {sites}], at, at + interval '1 hour', 'made up',
    nextval('ai_incident_revisions')
FROM generate_series(500, {devices}, 500) AS n,
    LATERAL (SELECT now() - n % 10000 * interval '1 minute' AS at) AS t
ON CONFLICT DO NOTHING;

INSERT INTO ai_incident_devices (incident, device, site)
SELECT md5('incident' || n)::uuid, n, 1 + n % {sites} FROM generate_series(500, {devices}, 500) AS n
ON CONFLICT DO NOTHING;

INSERT INTO ai_anomaly_logs (
    device, site, kind, metric, started_at, last_at, ended_at, severity, score, value, expected, lower, upper, explained,
    incident
)
SELECT
    n, 1 + n % {sites}, 'deviation', (ARRAY['cpu_percent', 'memory_percent'])[1 + k % 2], at, at + interval '1 hour',
    CASE WHEN k >= 2 THEN at + interval '1 hour' END, CASE WHEN n % 200 = 0 THEN 'critical' ELSE 'warning' END,
    1 + (n * 7 + k) % 900 / 100.0, 97, 30, 20, 45,
    '[{"metric": "cpu_percent", "value": 97, "expected": 30, "lower": 20, "upper": 45, "score": 4.2}]'::jsonb,
    CASE WHEN n % 500 = 0 THEN md5('incident' || n)::uuid END
FROM generate_series(100, {devices}, 100) AS n, generate_series(0, 11) AS k,
    LATERAL (SELECT now() - k * interval '14 hours' AS at) AS t
ON CONFLICT DO NOTHING;
ANALYZE;
