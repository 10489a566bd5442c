SELECT id, trained_at, until, artefact FROM ai_prediction_models WHERE status = 'active' AND format = %(format)s
