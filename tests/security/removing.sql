-- Takes everything of some sites out of a HOMEPOT, whatever refers to what.
SET LOCAL session_replication_role = replica;
CREATE TEMP TABLE gone ON COMMIT DROP AS SELECT d.id, d.device_id FROM devices AS d WHERE d.site_id IN ({gone});
DELETE FROM device_metrics WHERE device_id IN (SELECT id FROM gone);
DELETE FROM health_checks WHERE device_id IN (SELECT id FROM gone);
DELETE FROM device_state_history WHERE device_id IN (SELECT id FROM gone);
DELETE FROM device_commands WHERE device_id IN (SELECT id FROM gone);
DELETE FROM configuration_history WHERE entity_id IN (SELECT device_id FROM gone);
DELETE FROM error_logs WHERE COALESCE(context ->> 'original_device_id', context ->> 'device_id') IN (SELECT device_id FROM gone);
DELETE FROM push_notification_logs WHERE device_id IN (SELECT device_id FROM gone);
DELETE FROM alerts WHERE device_id IN (SELECT device_id FROM gone) OR site_id IN ({gone});
DELETE FROM jobs WHERE site_id IN ({gone});
DELETE FROM devices WHERE site_id IN ({gone});
DELETE FROM sites WHERE id IN ({gone});
