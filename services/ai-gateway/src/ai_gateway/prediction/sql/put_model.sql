INSERT INTO ai_prediction_models
    (trained_at, format, since, until, devices, failures, features, calibration, status, reason, artefact)
VALUES (
    %(trained_at)s, %(format)s, %(since)s, %(until)s, %(devices)s, %(failures)s, %(features)s, %(calibration)s,
    %(status)s, %(reason)s, %(artefact)s
)
RETURNING id
