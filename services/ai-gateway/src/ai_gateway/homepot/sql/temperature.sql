-- The temperature of the row `r`, where it is a number that a float holds: casting another is an error.
CASE
    WHEN
        json_typeof(r.extra_metrics -> 'temperature_celsius') = 'number'
        AND r.extra_metrics ->> 'temperature_celsius' ~ '^-?[\d.]+([eE][-+]?\d\d?)?$'
        AND length(r.extra_metrics ->> 'temperature_celsius') < 200
        THEN (r.extra_metrics ->> 'temperature_celsius')::double precision
END
