AND NOT EXISTS (
            SELECT FROM unnest(%(repeated)s::tsquery[], %(most_words)s::int[]) AS often (said, most)
            WHERE lexemes @@ often.said AND length(lexemes) <= often.most
        )
