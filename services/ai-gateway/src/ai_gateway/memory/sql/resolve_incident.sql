-- What was done about an incident, as somebody tells it; the words of the resolution are searched too.
UPDATE ai_incident_patterns SET
    resolution = %(resolution)s, cause = %(cause)s, helped = %(helped)s, resolved_at = %(resolved_at)s,
    by_hand = ARRAY(SELECT DISTINCT unnest(by_hand || %(told)s::text[]) ORDER BY 1),
    lexemes = array_to_tsvector(%(words)s), word_weights = %(word_weights)s, updated_at = now()
WHERE id = %(id)s AND {in_scope site}
RETURNING id
