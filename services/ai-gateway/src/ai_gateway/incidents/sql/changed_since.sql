-- What changed after a position, in the order of the changes.
WITH picked AS (
    SELECT i.*, i.revision AS place
    FROM ai_incidents AS i
    WHERE i.revision > %(position)s AND {in_sight}
    ORDER BY i.revision
    LIMIT %(limit)s
)
{shown}
