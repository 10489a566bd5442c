-- Logged errors of devices, as `logged_by`: a log entry names its device only inside JSON, under one of two keys.
-- Severities are bare spellings (see `variants`): Postgres then knows how many rows to expect.
(
    SELECT
        e.id, e."timestamp", e.category, lower(e.severity) AS severity, e.error_code, e.error_message, e.context,
        COALESCE(e.context ->> 'original_device_id', e.context ->> 'device_id') AS logged_by
    FROM {error_logs} AS e
    WHERE
        e."timestamp" >= %(since)s::timestamptz AND e."timestamp" <= %(until)s::timestamptz
        AND e.severity = ANY(%(severities)s)
)
