-- The id before the first row of `since`, found by halving, as ids grow with time but for a few: an index on time alone
-- would have to be read from there to its end. At most `most` rows back.
WITH RECURSIVE ends AS (SELECT min(r.id)::bigint AS lo, max(r.id)::bigint + 1 AS hi FROM {source} AS r),
halved AS (
    SELECT e.lo, e.hi FROM ends AS e
    UNION ALL
    SELECT CASE WHEN m.old THEN m.middle + 1 ELSE h.lo END, CASE WHEN m.old THEN h.hi ELSE m.middle END
    FROM halved AS h
    CROSS JOIN LATERAL (
        SELECT
            (h.lo + h.hi) / 2 AS middle,
            coalesce(
                (
                    SELECT r."timestamp" < %(since)s::timestamptz
                    FROM {source} AS r
                    WHERE r.id >= (h.lo + h.hi) / 2
                    ORDER BY r.id
                    LIMIT 1
                ),
                false
            ) AS old
    ) AS m
    WHERE h.lo < h.hi
)
SELECT greatest(max(h.lo), (SELECT e.hi FROM ends AS e) - %(most)s) - 1 AS before FROM halved AS h
