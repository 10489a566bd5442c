UPDATE ai_prediction_models SET status = 'retired' WHERE status = 'active'
