-- What a worker would have left of a site with {devices} devices after 30 days: ten metrics by the hour and by the day (one
-- device in fifty with a memory that fills), anomalies, incidents and risks. Made up, and as many as such a site has.
INSERT INTO ai_metrics (position, name)
SELECT n.place, n.name
FROM unnest(ARRAY[
    'cpu_percent', 'memory_percent', 'disk_percent', 'network_latency_ms', 'error_rate', 'temperature_celsius',
    'transaction_count', 'transaction_volume', 'active_connections', 'queue_depth'
]) WITH ORDINALITY AS n (name, place)
ON CONFLICT DO NOTHING;

INSERT INTO ai_reading_hours (hour, device, site, samples, total, low, high, latest, latest_at)
SELECT
    h.hour, d.device, 1, array_fill(12, ARRAY[10]),
    ARRAY[
        12 * (20 + 10 * random()),
        12 * (40 + random() + CASE WHEN d.device % 50 = 0 THEN extract(epoch FROM h.hour - h.first) / 86400 ELSE 0 END),
        12 * (50 + random()), 12 * (30 + 5 * random()), 12 * random(), 12 * (25 + random()), 12 * 30 * random(),
        12 * 400 * random(), 12 * 5 * random(), 12 * random()
    ],
    array_fill(0::real, ARRAY[10]), array_fill(100::real, ARRAY[10]), array_fill(20::real, ARRAY[10]),
    h.hour + interval '59 min'
FROM (
    SELECT g.hour, date_trunc('day', now(), 'UTC') - interval '30 days' AS first
    FROM generate_series(
        date_trunc('day', now(), 'UTC') - interval '30 days', date_trunc('hour', now()), interval '1 hour'
    ) AS g (hour)
) AS h
CROSS JOIN generate_series(1, {devices}) AS d (device)
ON CONFLICT DO NOTHING;

INSERT INTO ai_reading_days (day, device, samples, total)
SELECT
    date_trunc('day', h.hour, 'UTC'), h.device, array_fill(288, ARRAY[10]),
    ARRAY[
        sum(h.total[1]), sum(h.total[2]), sum(h.total[3]), sum(h.total[4]), sum(h.total[5]), sum(h.total[6]),
        sum(h.total[7]), sum(h.total[8]), sum(h.total[9]), sum(h.total[10])
    ]
FROM ai_reading_hours AS h
WHERE h.site = 1
GROUP BY 1, 2
ON CONFLICT DO NOTHING;

INSERT INTO ai_site_health (site, as_of, score, devices, healthy, warning, critical, unknown, open_anomalies)
SELECT n, now(), 0.99 - n % 7 * 0.01, {devices}, {devices} - 20, 10, 10, 0, 20 + n % 9 FROM generate_series(1, 60) AS n
ON CONFLICT (site) DO UPDATE SET as_of = now(), devices = EXCLUDED.devices, score = EXCLUDED.score;

INSERT INTO ai_anomaly_logs (device, site, kind, metric, started_at, last_at, ended_at, severity, score)
SELECT
    1 + (n * 7) % {devices}, 1, CASE WHEN n % 4 = 0 THEN 'silence' ELSE 'deviation' END,
    CASE WHEN n % 4 = 0 THEN NULL ELSE 'cpu_percent' END, at, at + interval '1 hour', at + interval '1 hour', 'warning', 2
FROM generate_series(1, 5 * {devices}) AS n, LATERAL (SELECT now() - n % 42000 * interval '1 min' AS at) AS t
ON CONFLICT DO NOTHING;

INSERT INTO ai_incidents (
    id, status, severity, category, kind, metric, title, scope, site, sites, opened_at, last_at, fingerprint, revision
)
SELECT
    md5('insight' || n)::uuid, CASE WHEN n % 20 = 0 THEN 'open' ELSE 'resolved' END, 'warning', 'performance',
    'deviation', 'cpu_percent', 'CPU above its usual range', 'device', 1 + n % 60, ARRAY[1 + n % 60], at,
    at + interval '1 hour', 'made up', nextval('ai_incident_revisions')
FROM generate_series(1, 12000) AS n, LATERAL (SELECT now() - n % 42000 * interval '1 min' AS at) AS t
ON CONFLICT DO NOTHING;

INSERT INTO ai_predictions (device, site, as_of, basis, hours, risk, low, high, cases, failed)
SELECT
    d, 1, now(), 'lifetimes', ARRAY[1, 6, 24, 48, 72, 168, 336, 720], array_fill((d % 100 / 300.0)::real, ARRAY[8]),
    array_fill(0::real, ARRAY[8]), array_fill(0.5::real, ARRAY[8]), 200, 20
FROM generate_series(1, {devices}) AS d
ON CONFLICT DO NOTHING;

INSERT INTO ai_site_outlooks (
    site, day, as_of, basis, devices, hours, expected, expected_squared, low, low_squared, high, high_squared, score_total,
    score_count
)
SELECT
    n, (now() AT TIME ZONE 'UTC')::date, now(), 'lifetimes', {devices}, ARRAY[1, 6, 24, 48, 72, 168, 336, 720],
    array_fill(20 + n % 9 + 0.5::float8, ARRAY[8]), array_fill(1::float8, ARRAY[8]), array_fill(9::float8, ARRAY[8]),
    array_fill(1::float8, ARRAY[8]), array_fill(60::float8, ARRAY[8]), array_fill(4::float8, ARRAY[8]), 0.9, 1
FROM generate_series(1, 60) AS n
ON CONFLICT DO NOTHING;
ANALYZE;
