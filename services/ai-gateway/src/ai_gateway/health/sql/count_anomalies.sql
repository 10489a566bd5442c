SELECT count(*)::int AS anomalies FROM ai_anomaly_logs WHERE {chosen} AND kind <> 'risk'
