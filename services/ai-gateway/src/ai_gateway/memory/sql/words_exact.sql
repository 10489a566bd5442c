SELECT id
    FROM in_scope
    WHERE lexemes @@ %(any_word)s::tsquery
    ORDER BY word_weights <#> %(word_weights)s, id
    LIMIT %(candidates)s
