SELECT id
    FROM in_scope
    WHERE %(embedding)s::halfvec IS NOT NULL AND embedding_model = %(embedding_model)s
    -- The sum keeps the index out.
    ORDER BY 0 + (embedding <#> %(embedding)s), id
    LIMIT %(candidates)s
