-- depends: 0003_watermarks

-- Positions of metrics in the arrays of the tables below; only ever added to.
CREATE TABLE ai_metrics (
    position smallint PRIMARY KEY,
    name text NOT NULL UNIQUE
);

-- Readings by the hour, one row for all metrics of a device: array element `position` of ai_metrics, NULL where the
-- metric was not measured. Integers are HOMEPOT's.
CREATE TABLE ai_reading_hours (
    hour timestamptz NOT NULL,
    device integer NOT NULL,
    site integer NOT NULL,
    samples integer[] NOT NULL,
    total double precision[] NOT NULL,
    low real[] NOT NULL,
    high real[] NOT NULL,
    latest real[] NOT NULL,
    latest_at timestamptz NOT NULL,
    PRIMARY KEY (device, hour)
);
CREATE INDEX ai_reading_hours_site ON ai_reading_hours (site, hour);

-- Each device as of the last scan.
CREATE TABLE ai_device_health (
    device integer PRIMARY KEY,
    site integer NOT NULL,
    as_of timestamptz NOT NULL,
    -- Ratio 0-1, NULL while unknown.
    score real,
    status text NOT NULL CHECK (status IN ('healthy', 'warning', 'critical', 'unknown')),
    parts jsonb NOT NULL DEFAULT '[]',
    latest real[] NOT NULL DEFAULT '{}',
    latest_at timestamptz
);
CREATE INDEX ai_device_health_site ON ai_device_health (site, status);
CREATE INDEX ai_device_health_unwell ON ai_device_health (score) WHERE status IN ('warning', 'critical');

-- What detectors remember of devices, in blocks: numpy arrays of one block, compressed.
CREATE TABLE ai_detector_state (
    block integer PRIMARY KEY,
    version text NOT NULL,
    state bytea NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- One stretch of trouble of one device. Name and core columns as in the seed.
CREATE TABLE ai_anomaly_logs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device integer NOT NULL,
    site integer NOT NULL,
    kind text NOT NULL,
    metric text,
    started_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    ended_at timestamptz,
    detected_at timestamptz NOT NULL DEFAULT now(),
    severity text NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
    score real NOT NULL,
    value double precision,
    expected double precision,
    lower double precision,
    upper double precision,
    explained jsonb NOT NULL DEFAULT '[]',
    detail text,
    incident uuid,
    UNIQUE NULLS NOT DISTINCT (device, kind, metric, started_at)
);
CREATE INDEX ai_anomaly_logs_time ON ai_anomaly_logs (started_at);
CREATE INDEX ai_anomaly_logs_open ON ai_anomaly_logs (site, score DESC) WHERE ended_at IS NULL;
CREATE INDEX ai_anomaly_logs_incident ON ai_anomaly_logs (incident);
