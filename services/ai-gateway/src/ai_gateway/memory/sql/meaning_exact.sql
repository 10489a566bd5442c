SELECT id
    FROM in_scope
    WHERE %(embedding)b::halfvec IS NOT NULL AND embedding_model = %(embedding_model)s
    -- The sum keeps the index out.
    ORDER BY 0 + (embedding <#> %(embedding)b), id
    LIMIT %(candidates)s
