-- depends: 0025_operators_permission

-- Past failures whose last days looked like a device's last days in the last round, of any site: read within the caller's
-- sites alone. NULL: not compared.
ALTER TABLE ai_predictions ADD COLUMN progressions jsonb;

-- What is remembered of a device around some time.
CREATE INDEX ai_incident_patterns_device ON ai_incident_patterns (device_id, occurred_at);
