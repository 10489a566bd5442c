-- An incident that took a name back.
DELETE FROM ai_incident_aliases WHERE alias = incident
