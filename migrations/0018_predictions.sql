-- depends: 0008_conversations

-- Readings by the day, made of ai_reading_hours when a day is over and kept longer: what prediction learns from. Arrays as there.
CREATE TABLE ai_reading_days (
    day timestamptz NOT NULL,
    device integer NOT NULL,
    samples integer[] NOT NULL,
    total double precision[] NOT NULL,
    PRIMARY KEY (day, device)
);

-- The registry: every model that was trained, what it was made of, and whether it is in use.
CREATE TABLE ai_prediction_models (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    trained_at timestamptz NOT NULL,
    format integer NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz NOT NULL,
    devices integer NOT NULL,
    failures integer NOT NULL,
    features text[] NOT NULL,
    calibration jsonb NOT NULL,
    status text NOT NULL CHECK (status IN ('active', 'rejected', 'retired')),
    reason text NOT NULL,
    artefact bytea NOT NULL
);
ALTER TABLE ai_prediction_models ALTER COLUMN artefact SET STORAGE EXTERNAL;
CREATE UNIQUE INDEX ai_prediction_models_active ON ai_prediction_models ((true)) WHERE status = 'active';

-- How each did on time later than it was fitted to, and how the model in use did on the same rows.
CREATE TABLE ai_prediction_scores (
    model bigint NOT NULL REFERENCES ai_prediction_models ON DELETE CASCADE,
    rival boolean NOT NULL,
    hours real NOT NULL,
    cases integer NOT NULL,
    failures integer NOT NULL,
    precision_recall real,
    calibration real NOT NULL,
    log_loss real NOT NULL,
    PRIMARY KEY (model, rival, hours)
);

-- The risk ahead of each device as of the last round. Arrays by `hours` ahead; probabilities are ratios 0-1.
CREATE TABLE ai_predictions (
    device integer PRIMARY KEY,
    site integer NOT NULL,
    as_of timestamptz NOT NULL,
    basis text NOT NULL CHECK (basis IN ('model', 'lifetimes', 'prior')),
    model bigint REFERENCES ai_prediction_models ON DELETE SET NULL,
    hours real[] NOT NULL,
    risk real[] NOT NULL,
    low real[] NOT NULL,
    high real[] NOT NULL,
    cases integer NOT NULL,
    failed integer NOT NULL,
    drivers jsonb NOT NULL DEFAULT '[]',
    limits jsonb NOT NULL DEFAULT '[]'
);
CREATE INDEX ai_predictions_site ON ai_predictions (site);
