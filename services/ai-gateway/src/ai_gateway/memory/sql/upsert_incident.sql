-- What a person said of it stays, unless a person says something else now.
WITH kept AS (
    INSERT INTO ai_incident_patterns AS old (
        source, source_key, content_hash, title, description, severity, category, site, site_name, device_id, device_name,
        device_type, occurred_at, resolved_at, cause, resolution, helped, by_hand, recipe, embedding_model, embedding,
        lexemes, word_weights
    )
    SELECT
        %(source)s, %(source_key)s, %(content_hash)s, %(title)s, %(description)s, %(severity)s, %(category)s, %(site)s,
        %(site_name)s, %(device_id)s, %(device_name)s, %(device_type)s, %(occurred_at)s, %(resolved_at)s, %(cause)s,
        %(resolution)s, %(helped)s, %(by_hand)s, %(recipe)s, %(embedding_model)s, %(embedding)s,
        array_to_tsvector(%(words)s), %(word_weights)s
    WHERE NOT EXISTS (SELECT FROM ai_memory_forgotten WHERE source = %(source)s AND source_key = %(source_key)s)
    ON CONFLICT (source, source_key) DO UPDATE SET
        content_hash = EXCLUDED.content_hash, title = EXCLUDED.title, description = EXCLUDED.description,
        severity = EXCLUDED.severity, category = EXCLUDED.category, site = EXCLUDED.site,
        site_name = EXCLUDED.site_name, device_id = EXCLUDED.device_id, device_name = EXCLUDED.device_name,
        device_type = EXCLUDED.device_type, occurred_at = EXCLUDED.occurred_at,
        resolved_at = CASE
            WHEN 'resolved_at' = ANY(old.by_hand) AND 'resolved_at' <> ALL(EXCLUDED.by_hand) THEN old.resolved_at
            ELSE EXCLUDED.resolved_at
        END,
        resolution = CASE
            WHEN 'resolution' = ANY(old.by_hand) AND 'resolution' <> ALL(EXCLUDED.by_hand) THEN old.resolution
            ELSE EXCLUDED.resolution
        END,
        cause = CASE
            WHEN 'cause' = ANY(EXCLUDED.by_hand) THEN EXCLUDED.cause
            WHEN 'cause' = ANY(old.by_hand) THEN old.cause
            ELSE coalesce(EXCLUDED.cause, old.cause)
        END,
        helped = CASE
            WHEN 'helped' = ANY(EXCLUDED.by_hand) THEN EXCLUDED.helped
            WHEN 'helped' = ANY(old.by_hand) THEN old.helped
            ELSE coalesce(EXCLUDED.helped, old.helped)
        END,
        by_hand = ARRAY(SELECT DISTINCT unnest(old.by_hand || EXCLUDED.by_hand) ORDER BY 1),
        -- The words are those of what the source says; the worker counts anew what stays beside it.
        recipe = CASE WHEN old.by_hand = '{}' AND old.cause IS NULL THEN EXCLUDED.recipe ELSE '' END,
        embedding_model = EXCLUDED.embedding_model, embedding = EXCLUDED.embedding, lexemes = EXCLUDED.lexemes,
        word_weights = EXCLUDED.word_weights, updated_at = now()
    RETURNING id
),

unmeasured AS (
    INSERT INTO ai_memory_crowds (incident)
    SELECT id FROM kept
    ON CONFLICT (incident) DO UPDATE SET crowd = NULL, word_crowd = NULL, crowd_of = 0
)

SELECT id FROM kept
