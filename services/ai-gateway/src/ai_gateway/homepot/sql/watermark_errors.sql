-- The newest logged error, and the words of the newest.
(
    SELECT concat(max(e.id), ':', sum(hashtextextended(concat_ws(chr(31), e.severity, e.category, e.error_code,
        e.error_message, e."timestamp"), e.id)))
    FROM {error_logs} AS e
    WHERE e.id > (SELECT max(x.id) FROM {error_logs} AS x) - %(edited_ids)s
)
