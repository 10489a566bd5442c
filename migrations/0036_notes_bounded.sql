-- depends: 0035_told_by_hand

-- Notes of alerts, and what incidents took over from them, were kept whole before 2026-11: a log that somebody pasted went into
-- every answer about its incident. They are read in part since (2,000 characters, as a person may tell); these are as long now.
-- Memory, which is searched, has had its own bounds all the time.
UPDATE ai_incident_alerts SET notes = left(notes, 2000) WHERE length(notes) > 2000;
UPDATE ai_incidents SET resolution = left(resolution, 2000) WHERE length(resolution) > 2000;
