SELECT id
    FROM in_scope
    WHERE %(embedding)b::halfvec IS NOT NULL AND embedding_model = %(embedding_model)s
    ORDER BY embedding <#> %(embedding)b
    LIMIT %(candidates)s
