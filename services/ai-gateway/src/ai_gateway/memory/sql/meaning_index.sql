SELECT ai_memory_nearest(
        %(embedding)b::halfvec, %(embedding_model)s, %(candidates)s, %(in_sight)s, %(sites)s::int[], %(categories)s::text[],
        %(device_types)s::text[], %(severities)s::text[], %(since)s::timestamptz, %(until)s::timestamptz
    ) AS id
    WHERE %(embedding)b::halfvec IS NOT NULL
