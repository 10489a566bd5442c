SELECT
    coalesce((SELECT max(r.id) FROM {device_metrics} AS r), 0) AS readings,
    coalesce((SELECT max(r.id) FROM {device_state_history} AS r), 0) AS states,
    coalesce((SELECT max(r.id) FROM {health_checks} AS r), 0) AS checks
