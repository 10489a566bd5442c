"""Anomalies and alerts about the same trouble become one incident with a cause and a life cycle."""
