"""How every device is: readings, what is expected of them, anomalies, and a health score."""
