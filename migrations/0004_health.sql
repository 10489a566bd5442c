-- depends: 0003_watermarks

-- Places of metrics in the arrays of the tables below, counted from 1; only ever added to.
CREATE TABLE ai_metrics (
    position smallint PRIMARY KEY,
    name text NOT NULL UNIQUE
);

-- Readings by the hour, one row for all metrics of a device: array element `position` of ai_metrics. Integers are
-- HOMEPOT's. A metric without samples has low infinity, high -infinity and latest NaN; arrays may be short at the end.
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
) WITH (fillfactor = 60);
CREATE INDEX ai_reading_hours_site ON ai_reading_hours (site, hour);
CREATE INDEX ai_reading_hours_hour ON ai_reading_hours (hour);

-- Each device as of the last scan; written when it changes.
CREATE TABLE ai_device_health (
    device integer PRIMARY KEY,
    site integer NOT NULL,
    -- Ratio 0-1, NULL while unknown.
    score real,
    status text NOT NULL CHECK (status IN ('healthy', 'warning', 'critical', 'unknown')),
    parts jsonb NOT NULL DEFAULT '[]'
);
CREATE INDEX ai_device_health_score ON ai_device_health (score, device);
CREATE INDEX ai_device_health_site ON ai_device_health (site, score, device);
CREATE INDEX ai_device_health_status ON ai_device_health (status, score, device);

-- Each site as of the last scan, so that an overview need not count devices.
CREATE TABLE ai_site_health (
    site integer PRIMARY KEY,
    as_of timestamptz NOT NULL,
    score real,
    devices integer NOT NULL,
    healthy integer NOT NULL,
    warning integer NOT NULL,
    critical integer NOT NULL,
    unknown integer NOT NULL,
    open_anomalies integer NOT NULL
);

-- What is remembered of devices, in blocks of neighbouring ids: compressed, as of the rows up to `position`. Each block
-- is written from time to time; after a restart the rows behind its position are read again.
CREATE TABLE ai_detector_state (
    block integer PRIMARY KEY,
    version text NOT NULL,
    position jsonb NOT NULL,
    state bytea NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE ai_detector_state ALTER COLUMN state SET STORAGE EXTERNAL;

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
    -- The order of the worst first.
    rank smallint NOT NULL GENERATED ALWAYS AS (
        CASE severity WHEN 'critical' THEN 2 WHEN 'warning' THEN 1 ELSE 0 END
    ) STORED,
    score real NOT NULL,
    value double precision,
    expected double precision,
    lower double precision,
    upper double precision,
    explained jsonb NOT NULL DEFAULT '[]',
    detail text,
    incident uuid,
    UNIQUE NULLS NOT DISTINCT (device, kind, metric, started_at)
) WITH (fillfactor = 80);
CREATE INDEX ai_anomaly_logs_time ON ai_anomaly_logs (last_at);
CREATE INDEX ai_anomaly_logs_worst ON ai_anomaly_logs (rank DESC, score DESC, id);
CREATE INDEX ai_anomaly_logs_open ON ai_anomaly_logs (rank DESC, score DESC, id) WHERE ended_at IS NULL;
CREATE INDEX ai_anomaly_logs_open_site ON ai_anomaly_logs (site, rank DESC, score DESC, id) WHERE ended_at IS NULL;
CREATE INDEX ai_anomaly_logs_incident ON ai_anomaly_logs (incident);
