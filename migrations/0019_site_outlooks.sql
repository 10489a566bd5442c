-- depends: 0018_predictions

-- What is expected of each site, as of the last round of each day. Arrays by `hours` ahead: sums over the site's devices of
-- the probability of a failure up to then, of its square, and of both ends of its interval. `score_total` / `score_count` is
-- the mean health of the day's rounds.
CREATE TABLE ai_site_outlooks (
    site integer NOT NULL,
    day date NOT NULL,
    as_of timestamptz NOT NULL,
    basis text NOT NULL CHECK (basis IN ('model', 'lifetimes', 'prior')),
    devices integer NOT NULL,
    hours real[] NOT NULL,
    expected double precision[] NOT NULL,
    expected_squared double precision[] NOT NULL,
    low double precision[] NOT NULL,
    low_squared double precision[] NOT NULL,
    high double precision[] NOT NULL,
    high_squared double precision[] NOT NULL,
    score_total double precision NOT NULL,
    score_count integer NOT NULL,
    PRIMARY KEY (site, day)
);
CREATE INDEX ai_site_outlooks_as_of ON ai_site_outlooks (as_of);
