-- depends: 0008_conversations

-- Whether anything remembered has changed since an answer was given is asked with every question.
CREATE INDEX ai_incident_patterns_updated ON ai_incident_patterns (updated_at);
