SELECT max(trained_at) AS trained_at FROM ai_prediction_models
