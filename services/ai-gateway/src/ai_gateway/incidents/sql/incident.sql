-- One incident, also by an id that it absorbed.
WITH picked AS (
    SELECT i.*, 1 AS place
    FROM ai_incidents AS i
    WHERE
        i.id = COALESCE((SELECT l.incident FROM ai_incident_aliases AS l WHERE l.alias = %(id)s), %(id)s)
        AND {in_sight}
)
{shown}
