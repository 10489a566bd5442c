-- Fills empty HOMEPOT tables for the benches, on the server. The temporary table `big` holds one row: devices, samples
-- (of each device), step (interval between samples), newest (naive UTC time of the newest row).
-- Every 50th device has a fault in its last hour: CPU (id % 200 = 0), memory (50), disk (100) or latency (150); devices
-- with id % 100 = 99 have been silent for four hours.

SELECT setseed(0.42);
SET LOCAL max_parallel_workers_per_gather = 0;

INSERT INTO tenants (id, name, slug, settings, is_active, created_at, updated_at)
SELECT n, 'Tenant ' || n, 'tenant-' || n, '{}', true, newest AT TIME ZONE 'UTC', newest AT TIME ZONE 'UTC'
FROM big, generate_series(1, 2) AS n;

INSERT INTO users (id, username, email, full_name, hashed_password, role, is_active, is_admin, tenant_id)
SELECT n, 'user' || n, 'user' || n || '@homepot.example', 'User ' || n, 'made-up', 'Client', true, n = 1, n
FROM generate_series(1, 2) AS n;

INSERT INTO tenant_memberships (id, user_id, tenant_id, role) VALUES (1, 1, 1, 'admin'), (2, 2, 2, 'viewer');

INSERT INTO sites (id, site_id, name, description, location, tenant_id, is_active, is_monitored, lifecycle_state,
    created_at)
SELECT
    n, 'SITE-' || upper(substr(md5('s' || n), 1, 4)) || '-' || lpad(n::text, 4, '0'), 'Store ' || n, NULL,
    'City ' || n % 40,
    1 + n % 2, true, true, 'active', newest AT TIME ZONE 'UTC' - interval '300 days'
FROM big, generate_series(1, greatest(1, devices / 100)) AS n;

INSERT INTO devices (
    id, device_id, name, device_type, status, lifecycle_state, health_state, site_id, enrollment_method, ip_address,
    os_details, firmware_version, last_seen, last_heartbeat_at, peripherals, config, is_active, is_monitored,
    is_simulated, created_at, updated_at
)
SELECT
    n, 'DEVICE-' || upper(substr(md5('d' || n), 1, 4) || '-' || substr(md5('d' || n), 5, 4)) || '-' ||
    lpad(n::text, 6, '0'),
    (ARRAY['Terminal', 'Gateway', 'Sensor', 'Tablet'])[1 + n % 4] || ' ' || n,
    (ARRAY['pos_terminal', 'gateway', 'iot_sensor', 'tablet'])[1 + n % 4],
    'online', 'active', 'healthy', 1 + n % greatest(1, devices / 100), 'pre-provisioned',
    '10.' || n / 65536 || '.' || n / 256 % 256 || '.' || n % 256, 'Ubuntu 22.04.4 LTS', '2.' || n % 6 || '.1',
    heard, heard, 'null', '{}', true, n % 5 = 0, false, heard - interval '300 days', heard
FROM big, generate_series(1, devices) AS n,
    LATERAL (SELECT CASE WHEN n % 100 = 99 THEN interval '4 hours' ELSE interval '40 s' END AS quiet) AS q,
    LATERAL (SELECT newest AT TIME ZONE 'UTC' - quiet AS heard) AS h;

INSERT INTO health_checks (id, device_id, is_healthy, response_time_ms, status_code, endpoint, response_data,
    error_message, "timestamp")
SELECT
    n, 1 + n % devices, n % 97 <> 0, (40 + 200 * random())::int, CASE WHEN n % 97 = 0 THEN 504 ELSE 200 END, '/health',
    '{"status": "healthy", "metrics": {"cpu_usage_percent": 21.5}}', CASE WHEN n % 97 = 0 THEN 'Gateway timeout' END,
    (newest - (200000 - n) * interval '0.2 s') AT TIME ZONE 'UTC'
FROM big, generate_series(1, 200000) AS n;

INSERT INTO device_state_history ("timestamp", device_id, previous_state, new_state, changed_by, reason, extra_data,
    provenance)
SELECT
    newest - (40000 - n) * interval '5 s', 1 + (n * 7919) % devices, CASE n % 2 WHEN 0 THEN 'online' ELSE 'offline' END,
    CASE n % 2 WHEN 0 THEN 'offline' ELSE 'online' END, 'system', 'Heartbeat', 'null', 'real'
FROM big, generate_series(1, 40000) AS n;

INSERT INTO error_logs ("timestamp", category, severity, error_code, error_message, endpoint, context, resolved,
    provenance)
SELECT
    newest - (50000 - n) * interval '3 s', (ARRAY['network', 'system', 'auth', 'device'])[1 + n % 4],
    CASE WHEN n % 3 = 0 THEN (ARRAY['warning', 'error', 'critical'])[1 + n / 3 % 3] ELSE 'info' END,
    CASE WHEN n % 3 = 0 THEN 'ERR' || n % 9 END,
    CASE WHEN n % 3 = 0 THEN 'Operation ' || n % 40 || ' failed' ELSE 'Routine health check passed successfully' END,
    '/api/v1/mobile/sync', json_build_object('device_id', device_id), false, 'real'
FROM big, generate_series(1, 50000) AS n
JOIN devices ON devices.id = 1 + (n * 104729::bigint) % (SELECT devices FROM big);

INSERT INTO alerts (
    "timestamp", device_id, site_id, title, description, severity, category, status, resolved_at, resolved_by,
    resolution_notes
)
SELECT
    newest - (5000 - n) * interval '16 min', d.device_id, d.site_id,
    (ARRAY['High CPU: ', 'High Memory: ', 'Disk Almost Full: ', 'High Latency: '])[1 + n % 4] || 90 + n % 10,
    'Threshold exceeded on ' || d.name, (ARRAY['critical', 'warning'])[1 + n % 2], (ARRAY['hardware', 'network',
    'software'])[1 + n % 3],
    CASE WHEN n % 10 = 0 THEN 'active' ELSE 'resolved' END,
    CASE WHEN n % 10 <> 0 THEN newest - (5000 - n) * interval '16 min' + interval '40 min' END,
    CASE WHEN n % 10 <> 0 THEN 'user1@homepot.example' END,
    CASE WHEN n % 10 <> 0 THEN (ARRAY[
        'Restarted the service', 'Cleared old logs', 'Replaced the cable', 'Rolled the firmware back'
    ])[1 + n % 4] || ', case ' || n END
FROM big, generate_series(1, 5000) AS n JOIN devices AS d ON d.id = 1 + (n * 31) % (SELECT devices FROM big);

INSERT INTO jobs (job_id, action, priority, status, site_id, device_id, ttl_seconds, started_at, completed_at,
    created_by, created_at, updated_at)
SELECT
    'job-' || n, 'config_update', 'normal', CASE WHEN n % 12 = 0 THEN 'failed' ELSE 'completed' END, d.site_id, d.id,
    300,
    at, at + interval '5 s', 1, at, at + interval '5 s'
FROM big, generate_series(1, 10000) AS n JOIN devices AS d ON d.id = 1 + (n * 17) % (SELECT devices FROM big),
    LATERAL (SELECT (newest - (10000 - n) * interval '1 min') AT TIME ZONE 'UTC' AS at) AS t;

INSERT INTO job_outcomes ("timestamp", job_id, job_type, device_id, status, duration_ms, error_code, error_message,
    retry_count, initiated_by, provenance)
SELECT
    j.completed_at AT TIME ZONE 'UTC', j.job_id, j.action, d.device_id,
    CASE WHEN j.status = 'failed' THEN 'failed' ELSE 'success' END,
    5000, CASE WHEN j.status = 'failed' THEN 'DOWNLOAD_TIMEOUT' END,
    CASE WHEN j.status = 'failed' THEN 'Download timed out' END,
    0, '1', 'real'
FROM jobs AS j JOIN devices AS d ON d.id = j.device_id
ORDER BY j.id;

INSERT INTO configuration_history (
    "timestamp", entity_type, entity_id, parameter_name, old_value, new_value, changed_by, change_reason, change_type,
    was_successful, was_rolled_back, provenance
)
SELECT
    newest - (10000 - n) * interval '2 min', 'device', d.device_id, 'max_connections', '{"value": 10}', '{"value": 15}',
    'user1@homepot.example', 'Tuning', 'manual', true, n % 40 = 0, 'real'
FROM big, generate_series(1, 10000) AS n JOIN devices AS d ON d.id = 1 + (n * 13) % (SELECT devices FROM big);
