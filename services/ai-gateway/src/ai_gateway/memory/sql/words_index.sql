SELECT id
    FROM (
        SELECT DISTINCT held.id, held.word_weights <#> %(word_weights)s AS distance
        FROM (
            SELECT found.id, found.word_weights
            FROM unnest(%(queries)s::tsquery[]) AS query
            CROSS JOIN LATERAL (
                SELECT id, word_weights FROM in_scope WHERE lexemes @@ query LIMIT %(most_read)s
            ) AS found
            LIMIT %(most_read)s
        ) AS held
    ) AS compared
    ORDER BY distance, id
    LIMIT %(candidates)s
