DELETE FROM ai_anomaly_logs WHERE last_at < %(before)s AND ended_at IS NOT NULL
