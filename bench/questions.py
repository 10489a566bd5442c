"""The mix of questions that the benches ask, one or more of every kind that the gateway answers.

Names are those of `dev.homepot.big`: ``Store 1`` … ``Store 100``, ``Terminal n``, ``Gateway n``, ``Sensor n``,
``Tablet n``.
"""

from typing import Any, Final

QUESTIONS: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("status_fleet", {"question": "Give me an overview of the fleet"}),
    ("status_offline", {"question": "Which devices are offline?"}),
    ("status_site", {"question": "How is Store 17?"}),
    ("status_device", {"question": "Is Terminal 4000 online?"}),
    ("status_types", {"question": "How many devices of each type are there?"}),
    ("firmware", {"question": "Which firmware versions are in use?"}),
    ("alerts_critical", {"question": "How many critical alerts are open?"}),
    ("alerts_site", {"question": "Which alerts are open at Store 5?"}),
    ("alerts_ranked", {"question": "Which device has the most alerts?"}),
    ("alerts_week", {"question": "How many alerts were there in the last 7 days?"}),
    ("anomalies", {"question": "Are there any anomalies?"}),
    ("anomalies_site", {"question": "Is anything wrong at Store 31?"}),
    ("at_risk", {"question": "Which devices are at risk?"}),
    ("history", {"question": "What happened to Terminal 400 in the last 24 hours?"}),
    ("why", {"question": "Why is Terminal 1200 slow?"}),
    ("metric_bound", {"question": "Which devices have CPU above 90 %?"}),
    ("metric_top", {"question": "Which 5 devices have the highest memory usage?"}),
    ("metric_device", {"question": "What is the CPU usage of Terminal 4000?"}),
    ("metric_site_day", {"question": "What was the average CPU at Store 12 in the last 24 hours?"}),
    ("compare_sites", {"question": "Compare Store 1 with Store 2"}),
    ("compare_devices", {"question": "Is Terminal 4000 slower than Terminal 4004?"}),
    ("similar", {"question": "Has high CPU happened before, and what helped?"}),
    ("jobs", {"question": "Which jobs failed in the last 24 hours?"}),
    ("changes", {"question": "What configuration changed in the last 24 hours?"}),
    ("errors", {"question": "Which device logged the most errors in the last 24 hours?"}),
    ("errors_site", {"question": "Which errors were logged at Store 8?"}),
    ("checks", {"question": "Which health checks are failing?"}),
    ("unknown_name", {"question": "What is the status of the Zanzibar kiosk?"}),
    ("misspelt", {"question": "Is Terminl 4000 online?"}),
    ("device_id", {"question": "How is it doing?", "device_id": 400}),
    ("executive", {"question": "Give me a summary of Store 20", "mode": "executive"}),
    ("off_topic", {"question": "What is the capital of France?"}),
)
"""Pairs of a kind's name and the request's body."""
