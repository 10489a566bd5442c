-- Makes a HOMEPOT database look like a deployment from before the device lifecycle, tenants and provenance:
-- a reader must still answer from what is left. Idempotent.

DROP TABLE IF EXISTS
    device_lifecycle_events, device_assignments, device_credentials, enrolment_intents, tenant_memberships CASCADE;

ALTER TABLE devices DROP COLUMN IF EXISTS lifecycle_epoch_id;
DROP TABLE IF EXISTS lifecycle_epochs CASCADE;

ALTER TABLE sites DROP COLUMN IF EXISTS tenant_id;
ALTER TABLE users DROP COLUMN IF EXISTS tenant_id;
DROP TABLE IF EXISTS tenants CASCADE;

ALTER TABLE devices
    DROP COLUMN IF EXISTS lifecycle_state,
    DROP COLUMN IF EXISTS health_state,
    DROP COLUMN IF EXISTS is_simulated;
ALTER TABLE sites DROP COLUMN IF EXISTS lifecycle_state;
ALTER TABLE device_metrics
    DROP COLUMN IF EXISTS provenance,
    DROP COLUMN IF EXISTS collection_interval_seconds;
ALTER TABLE device_state_history DROP COLUMN IF EXISTS provenance;
ALTER TABLE configuration_history DROP COLUMN IF EXISTS provenance;
ALTER TABLE error_logs DROP COLUMN IF EXISTS provenance;
ALTER TABLE job_outcomes DROP COLUMN IF EXISTS provenance;
