{in_scope site}
        AND (%(categories)s::text[] IS NULL OR category = ANY(%(categories)s))
        AND (%(device_types)s::text[] IS NULL OR device_type = ANY(%(device_types)s))
        AND (%(severities)s::text[] IS NULL OR severity = ANY(%(severities)s))
        AND (%(since)s::timestamptz IS NULL OR occurred_at >= %(since)s)
        AND (%(until)s::timestamptz IS NULL OR occurred_at < %(until)s)
