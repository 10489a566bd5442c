INSERT INTO ai_prediction_scores (model, rival, hours, cases, failures, precision_recall, calibration, log_loss)
SELECT %(model)s, s.rival, s.hours, s.cases, s.failures, nullif(s.precision_recall, 'NaN'), s.calibration, s.log_loss
FROM unnest(
    %(rival)s::boolean[], %(hours)s::real[], %(cases)s::int[], %(failures)s::int[], %(precision_recall)s::real[],
    %(calibration)s::real[], %(log_loss)s::real[]
) AS s (rival, hours, cases, failures, precision_recall, calibration, log_loss)
