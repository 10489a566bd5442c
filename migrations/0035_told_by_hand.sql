-- depends: 0032_findings

-- What people said of an incident stays when its source is read again: of cause, helped, resolution and resolved_at those that
-- somebody filled in.
ALTER TABLE ai_incident_patterns ADD COLUMN by_hand text[] NOT NULL DEFAULT '{}';
-- Alerts say of themselves neither cause nor success, so a person did.
UPDATE ai_incident_patterns SET by_hand = array_remove(
    ARRAY[CASE WHEN cause IS NOT NULL THEN 'cause' END, CASE WHEN helped IS NOT NULL THEN 'helped' END], NULL
)
WHERE source = 'homepot_alert' AND (cause IS NOT NULL OR helped IS NOT NULL);
