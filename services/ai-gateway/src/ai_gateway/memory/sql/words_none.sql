SELECT id
    FROM in_scope
    WHERE false
