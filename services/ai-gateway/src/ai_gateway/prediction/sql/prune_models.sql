-- The last twenty are kept besides the one in use.
DELETE FROM ai_prediction_models
WHERE status <> 'active' AND id NOT IN (SELECT m.id FROM ai_prediction_models AS m ORDER BY m.id DESC LIMIT 20)
