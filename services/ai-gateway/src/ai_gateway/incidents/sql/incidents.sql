-- A page of incidents: the unresolved first, then the most severe, then the newest.
WITH picked AS MATERIALIZED (
    SELECT f.*, row_number() OVER (ORDER BY f.urgency DESC, f.opened_at DESC, f.id) AS place
    FROM (
        SELECT i.*
        FROM ai_incidents AS i
        WHERE {chosen}
        ORDER BY i.urgency DESC, i.opened_at DESC, i.id
        LIMIT %(limit)s OFFSET %(offset)s
    ) AS f
)
{shown}
