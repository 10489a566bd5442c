-- depends: 0027_progressions

-- What a report finds of a site as long as it finds it: which remembered incident it is, so that a finding of every day is
-- remembered once. Rows go when their finding has ended.
CREATE TABLE ai_findings (
    -- HOMEPOT's integer site id.
    site integer NOT NULL,
    -- Which report tells it, and what it is about.
    reporter text NOT NULL,
    subject text NOT NULL,
    -- ai_incident_patterns.source_key.
    source_key text NOT NULL,
    began_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    PRIMARY KEY (site, reporter, subject)
);
