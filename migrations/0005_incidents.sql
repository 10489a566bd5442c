-- depends: 0004_health

-- Every change of an incident takes the next number, so that a live view can ask for what came after the last one it saw.
CREATE SEQUENCE ai_incident_revisions;

-- What a person should look at. The id is derived from the earliest anomaly or alert, so that it survives restarts.
CREATE TABLE ai_incidents (
    id uuid PRIMARY KEY,
    status text NOT NULL CHECK (status IN ('open', 'acknowledged', 'resolved')),
    severity text NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
    -- The order of the most urgent first.
    urgency smallint NOT NULL GENERATED ALWAYS AS (
        CASE status WHEN 'resolved' THEN 0 ELSE 3 END
        + CASE severity WHEN 'critical' THEN 2 WHEN 'warning' THEN 1 ELSE 0 END
    ) STORED,
    category text NOT NULL,
    -- The symptom that leads: of an anomaly, or as read from an alert.
    kind text NOT NULL,
    metric text,
    title text NOT NULL,
    -- 'device': one device. 'site': several of a site. 'change': after the same change of configuration or firmware.
    scope text NOT NULL CHECK (scope IN ('device', 'site', 'change')),
    -- Of the first member, and of all; integers are HOMEPOT's.
    site integer NOT NULL,
    sites integer[] NOT NULL,
    opened_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    acknowledged_at timestamptz,
    resolved_at timestamptz,
    -- When people resolved it here, whatever its members said.
    closings timestamptz[] NOT NULL DEFAULT '{}',
    reopened integer NOT NULL DEFAULT 0,
    resolution text,
    -- The change that its devices share, if there is one.
    change text,
    -- The probable cause with its evidence, as the API shows it.
    cause jsonb,
    -- Past incidents like it, as ids of ai_incident_patterns with their similarity; NULL until they were looked for.
    similar_incidents jsonb,
    -- What its members were when all this was derived: a difference means that it is to be derived anew.
    fingerprint text NOT NULL DEFAULT '',
    revision bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ai_incidents_urgent ON ai_incidents (urgency DESC, opened_at DESC, id);
CREATE INDEX ai_incidents_category ON ai_incidents (category, urgency DESC, opened_at DESC, id);
CREATE INDEX ai_incidents_site ON ai_incidents (site);
CREATE INDEX ai_incidents_sites ON ai_incidents USING gin (sites) WHERE cardinality(sites) > 1;
CREATE INDEX ai_incidents_revision ON ai_incidents (revision);
CREATE INDEX ai_incidents_unresolved ON ai_incidents (opened_at, id) WHERE status <> 'resolved';

-- Its devices, each with the changes of configuration and firmware that it had shortly before.
CREATE TABLE ai_incident_devices (
    incident uuid NOT NULL REFERENCES ai_incidents ON DELETE CASCADE,
    device integer NOT NULL,
    site integer NOT NULL,
    changes text[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (incident, device)
);
CREATE INDEX ai_incident_devices_device ON ai_incident_devices (device);
CREATE INDEX ai_incident_devices_changes ON ai_incident_devices USING gin (changes);

-- HOMEPOT's alerts as last seen, each in the incident that it belongs to.
CREATE TABLE ai_incident_alerts (
    alert integer PRIMARY KEY,
    incident uuid NOT NULL REFERENCES ai_incidents ON DELETE CASCADE,
    device integer,
    site integer NOT NULL,
    kind text NOT NULL,
    metric text,
    category text NOT NULL,
    severity text NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
    title text NOT NULL,
    status text NOT NULL,
    at timestamptz NOT NULL,
    acknowledged_at timestamptz,
    ended_at timestamptz,
    notes text
);
CREATE INDEX ai_incident_alerts_incident ON ai_incident_alerts (incident);
CREATE INDEX ai_incident_alerts_site ON ai_incident_alerts (site, ended_at);
CREATE INDEX ai_incident_alerts_on ON ai_incident_alerts (alert) WHERE ended_at IS NULL;

-- Ids of incidents that turned out to be the same trouble as another.
CREATE TABLE ai_incident_aliases (
    alias uuid PRIMARY KEY,
    incident uuid NOT NULL REFERENCES ai_incidents ON DELETE CASCADE
);
CREATE INDEX ai_incident_aliases_incident ON ai_incident_aliases (incident);

ALTER TABLE ai_anomaly_logs ADD FOREIGN KEY (incident) REFERENCES ai_incidents ON DELETE SET NULL;
CREATE INDEX ai_anomaly_logs_new ON ai_anomaly_logs (started_at, id) WHERE incident IS NULL;
CREATE INDEX ai_anomaly_logs_site ON ai_anomaly_logs (site, ended_at);
