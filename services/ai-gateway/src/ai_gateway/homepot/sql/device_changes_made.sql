-- Configuration changes of devices in a period; `entity_id` is the device's public id.
(
    SELECT h.entity_id
    FROM {configuration_history} AS h
    WHERE
        h.entity_type = 'device'
        AND h."timestamp" >= %(since)s::timestamptz AND h."timestamp" <= %(until)s::timestamptz
)
