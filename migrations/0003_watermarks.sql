-- depends: 0002_api_keys

-- How far each periodic job has come. Written in the transaction that stores the job's results.
CREATE TABLE ai_watermarks (
    job text PRIMARY KEY,
    position jsonb NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
);
