"""What an incident is about, where nobody said: by the words of its title and by what it is most like."""

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Final, get_args

from ai_gateway.memory.types import Recalled
from ai_gateway.memory.wire import Category

CATEGORIES: Final[tuple[str, ...]] = get_args(Category)
ELSE: Final[Category] = "application"
RULE_VOTE: Final = 0.5
"""A rule counts as much as a past incident that is the same problem with this probability."""
_RULES: Final[tuple[tuple[Category, str], ...]] = (
    ("power", r"power|batter|\bups\b|voltage|brown-?out|mains|psu"),
    ("temperature", r"overheat|temperature|°c|thermal|\bfan\b|too hot|cooling"),
    ("security", r"authenti|login|unauthori[sz]ed|intrusion|malware|certificate|tamper|brute.?force|password"),
    ("storage", r"\bdisk|storage|\bdrive\b|inode|file ?system|\bssd\b|space left"),
    ("performance", r"\bcpu\b|processor|memory|\bram\b|slow(?!.*network)|load average|\bleak"),
    ("configuration", r"config|setting|misconfigur|parameter"),
    (
        "connectivity",
        r"network|latency|offline|heartbeat|connect|flap|packet|signal|wi-?fi|\blink\b|unreachable|not responding|silent|"
        r"stopped reporting",
    ),
    ("application", r"payment|service|\bapp\b|applica|transaction|error|job|firmware|update|crash|timeout"),
)
RULES: Final = tuple((category, re.compile(words, re.IGNORECASE)) for category, words in _RULES)


def categorise(title: str, like_it: Iterable[Recalled]) -> str:
    """The category with most votes: each past incident votes for its own with its `similarity_score`, a rule for its."""
    votes: dict[str, float] = defaultdict(float)
    for incident in like_it:
        if incident.category in CATEGORIES:
            votes[incident.category] += incident.similarity_score
    if ruled := next((category for category, words in RULES if words.search(title)), None):
        votes[ruled] += RULE_VOTE
    return max(CATEGORIES, key=lambda category: votes[category]) if votes else ELSE
