-- depends: 0004_health

-- What a person should look at. The id is derived from the first anomaly or alert, so that it survives restarts.
CREATE TABLE ai_incidents (
    id uuid PRIMARY KEY,
    status text NOT NULL CHECK (status IN ('open', 'acknowledged', 'resolved')),
    severity text NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
    category text NOT NULL,
    title text NOT NULL,
    -- 'device': one device. 'site': several of a site. 'change': after the same change of configuration or firmware.
    scope text NOT NULL CHECK (scope IN ('device', 'site', 'change')),
    site integer NOT NULL,
    opened_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    acknowledged_at timestamptz,
    resolved_at timestamptz,
    reopened integer NOT NULL DEFAULT 0,
    resolution text,
    -- The probable cause with its evidence, and similar past incidents; both as the API shows them.
    cause jsonb,
    similar_incidents jsonb NOT NULL DEFAULT '[]',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ai_incidents_time ON ai_incidents (opened_at);
CREATE INDEX ai_incidents_unresolved ON ai_incidents (site, severity) WHERE status <> 'resolved';

CREATE TABLE ai_incident_devices (
    incident uuid NOT NULL REFERENCES ai_incidents ON DELETE CASCADE,
    device integer NOT NULL,
    PRIMARY KEY (incident, device)
);
CREATE INDEX ai_incident_devices_device ON ai_incident_devices (device);

CREATE TABLE ai_incident_alerts (
    incident uuid NOT NULL REFERENCES ai_incidents ON DELETE CASCADE,
    alert integer NOT NULL,
    PRIMARY KEY (alert)
);
CREATE INDEX ai_incident_alerts_incident ON ai_incident_alerts (incident);

ALTER TABLE ai_anomaly_logs ADD FOREIGN KEY (incident) REFERENCES ai_incidents ON DELETE SET NULL;
