"""What every stage stands on: settings, database pools, errors, logs, metrics. It knows nothing of devices."""
