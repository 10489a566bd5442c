-- Whether somebody expects the device `d` of the alert `a`, or its site `s`, to work.
COALESCE(
    s.is_active AND s.lifecycle_state = 'active'
    AND (
        a.device_id IS NULL
        OR (d.is_active AND d.lifecycle_state IN ('active', 'pending') AND d.health_state <> 'maintenance')
    ),
    false
)
