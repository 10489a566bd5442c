"""Phrasings and the intent that each must be read as."""

import pytest

from ai_gateway.answers.understand.intent import Intent, read_intent
from tests.unit.answers.conftest import Asker

PHRASINGS = {
    Intent.STATUS: [
        "Which gateways are offline at Airport Terminal 2?",
        "how many pos terminals are online",
        "is the Lobby Terminal up?",
        "list all tablets",
        "give me an overview of the fleet",
        "summarize Building A",
        "what devices are at Harbour Mall",
        "which devices are unhealthy?",
        "what is the status of Checkout 3",
        "which sensors never sent a heartbeat",
        "what firmware does Checkout 3 run?",
        "what is the IP of the Main Gateway",
        "anything under maintenance?",
        "which tills are suspended",
        "how is everything",
        "which terminals are not responding",
    ],
    Intent.ALERTS: [
        "what is our MTTR",
        "how long does it take us to resolve alerts on average?",
        "how quickly are alarms closed",
        "who resolved the last critical alert?",
        "Show me open alerts",
        "any alarms at Building A?",
        "how many critical alerts are there",
        "list acknowledged alerts",
        "what warnings do we have",
        "alerts that are still open please",
        "which critical issues are open",
        "network alerts since yesterday",
    ],
    Intent.PLANNING: [
        "When can I update Building A?",
        "when is it safe to restart the tills at Harbour Mall",
        "what is the best time to reboot Checkout 3",
        "how likely is a firmware update to succeed at Building A",
        "what is the chance that a job works on the Lobby Terminal",
        "will the firmware update on Checkout 3 succeed?",
        "next maintenance window of Building A",
        "when should we roll out the upgrade",
        "is it safe to update Building A now",
        "can I reboot Checkout 3 right now?",
        "plan my maintenance for next week",
        "where should I send a technician",
    ],
    Intent.INCIDENTS: [
        "open incidents please",
        "any open incidents?",
        "are there open incidents at Building A?",
        "how many incidents are unresolved",
        "which incidents are critical",
        "list the incidents of Harbour Mall",
        "show me the worst incident",
    ],
    Intent.ANOMALIES: [
        "any anomalies?",
        "Is anything unusual going on?",
        "which devices behave abnormally",
        "which terminals are overheating",
        "is any sensor too hot?",
        "is anything flapping",
        "are there spikes today",
        "what problems do we have at Building A",
        "is something wrong",
        "which terminals are slow",
        "any suspicious behaviour",
        "which disks are nearly full",
    ],
    Intent.HISTORY: [
        "What happened at Building A yesterday?",
        "show me the history of Checkout 3",
        "timeline of the Main Gateway",
        "Tell me about Lobby Terminal",
        "why is Checkout 3 slow?",
        "what is wrong with the Fuel Pump POS",
        "since when is the Arrivals Gateway silent",
        "what was the root cause",
        "diagnose Checkout 3",
        "recent events",
    ],
    Intent.METRICS: [
        "What is the average CPU at Building A?",
        "highest memory usage",
        "which device has the most latency",
        "temperature of the Server Room Sensor above 60",
        "disk usage of Parts Counter POS",
        "how hot is the server room",
        "cpu > 80",
        "top 5 devices by memory usage",
        "how many transactions were there today",
        "which sensor is the hottest",
        "current queue depth",
    ],
    Intent.COMPARISON: [
        "Compare Building A with Harbour Mall",
        "Building A vs Harbour Mall",
        "is Building A worse than Harbour Mall",
        "difference between Checkout 1 and Checkout 2",
        "which site is better",
        "does Harbour Mall have more alerts than Building A",
    ],
    Intent.SIMILAR: [
        "Has this happened before?",
        "have we seen something like high latency",
        "similar incidents to TLS errors",
        "what helped last time",
        "how did we fix the memory leak",
        "how do I fix a full disk?",
        "who solved the overheating",
        "any precedents for payment timeouts",
    ],
    Intent.AT_RISK: [
        "Which devices are at risk?",
        "which terminal is likely to fail next",
        "what should I look at first",
        "what needs attention",
        "predict failures",
        "Checkout 3 may fail",
        "what's the chance that Checkout 3 fails tomorrow",
        "how likely does the Lobby Terminal crash this week",
        "will Checkout 3 survive the weekend",
        "which disks are going to fill up",
        "riskiest devices",
        "should I be worried about anything",
    ],
    Intent.JOBS: [
        "are all updates done?",
        "did the firmware update go through at Building A?",
        "any updates still running?",
        "did all restarts work this week",
        "has the rollout finished",
        "Which jobs failed?",
        "did the deployment succeed",
        "how many failed updates this week",
        "show the config rollout of yesterday",
    ],
    Intent.CHANGES: [
        "What changed at Building A?",
        "config changes since monday",
        "was anything rolled back",
        "firmware upgrade of Checkout 3",
    ],
    Intent.ERRORS: [
        "which error happens most",
        "what is the most common error",
        "errors by category",
        "how many warnings and critical errors were logged",
        "Which devices logged errors?",
        "show error logs of Lobby Terminal",
        "any exceptions today",
        "which device has the most errors",
    ],
    Intent.CHECKS: [
        "Which health checks fail?",
        "failing checks at Old Town Depot",
        "health-check results of Fuel Pump POS",
    ],
    Intent.UNKNOWN: [
        "Tell me a joke",
        "what is the capital of France",
        "hello",
        "write a poem for my grandmother",
        "",
        "🙂",
    ],
}
CASES = [(text, intent) for intent, texts in PHRASINGS.items() for text in texts]


def test_there_are_enough_phrasings_and_none_twice() -> None:
    assert len(CASES) >= 80
    assert len({text for text, _ in CASES}) == len(CASES)
    assert set(PHRASINGS) == set(Intent) - {Intent.COURSE}  # a metric settles it: test_course


@pytest.mark.parametrize(("text", "intent"), CASES)
def test_a_phrasing_is_read_as_meant(text: str, intent: Intent) -> None:
    assert read_intent(text.lower()) is intent


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("Dispatch Tablet", Intent.HISTORY),
        ("Harbour Mall", Intent.STATUS),
        ("Lobby Terminal cpu", Intent.METRICS),
        ("Is anything wrong with Checkout 3", Intent.HISTORY),
        ("any problems with Checkout 3?", Intent.HISTORY),
        ("Why is the network slow at Harbour Mall?", Intent.ANOMALIES),
        ("what happened?", Intent.HISTORY),
    ],
)
def test_what_is_named_settles_what_words_leave_open(text: str, intent: Intent, ask: Asker) -> None:
    assert ask(text).intent is intent
