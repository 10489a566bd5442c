-- An incident that a caller wants to act on, held until the end of the transaction. `whole`: none of it is out of sight.
SELECT
    i.id, %(sites)s::int[] IS NULL OR i.sites <@ %(sites)s::int[] AS whole
FROM ai_incidents AS i
WHERE
    i.id = COALESCE((SELECT l.incident FROM ai_incident_aliases AS l WHERE l.alias = %(id)s), %(id)s)
    AND {in_sight}
FOR UPDATE
