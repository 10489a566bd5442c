SELECT ai_memory_nearest(
        %(embedding)s::halfvec, %(embedding_model)s, %(candidates)s, %(in_sight)s, %(sites)s::int[], %(categories)s::text[],
        %(device_types)s::text[], %(severities)s::text[], %(since)s::timestamptz, %(until)s::timestamptz
    ) AS id
    WHERE %(embedding)s::halfvec IS NOT NULL
