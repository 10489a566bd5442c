-- How many devices in view are in service.
SELECT count(*)::int AS devices FROM {fleet} AS f WHERE f.in_service
