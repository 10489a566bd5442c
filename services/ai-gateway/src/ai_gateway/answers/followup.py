"""What a follow-up leaves unsaid, taken from earlier turns: whom it is about, and what it asks of them."""

import re
from typing import Final

import msgspec

from ai_gateway.answers.intent import Intent, read_intent
from ai_gateway.answers.names import Found, NameIndex, find_names
from ai_gateway.answers.types import QueryRequest, Turn
from ai_gateway.answers.vocabulary import metric_in, tokens

LOOK_BACK: Final = 10
"""Messages before the question that may be meant; older ones are not."""
MOST_NAMED: Final = 3
"""An answer that names more devices than this points to none of them."""
SHORT: Final = 4
"""Words of a question that says hardly more than a name."""

_PRONOUN = re.compile(
    r"\b(?:it|its|it's|that (?:device|one|terminal|sensor|site)|this (?:device|one|terminal|sensor|site)|they|them|those|same)\b|(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )\bthere\b"
)
_OTHER = re.compile(r"\bthe others?(?: one| device| terminal| sensor| site)?s?\b")
_ELLIPSIS = re.compile(r"^\s*(?:and|but|also|what about|how about|or)\b")
_BARE = re.compile(
    r"^\W*(?:(?:and|but|so) )?(?:why(?: is that| so)?|since when|how long|what changed|what helped|what happened|when)\W*$"
)


class Followed(msgspec.Struct, frozen=True):
    """A question with what it leaves unsaid.

    ``asked``: the words that say what is asked, an earlier question's too. ``own``: its own words but names.
    """

    found: Found
    asked: str
    own: str


def follow(request: QueryRequest, index: NameIndex) -> Followed:
    """Resolve names in the question, and take what is missing from the history."""
    text = request.question.lower()
    found = find_names(request.question, index)
    turns = request.history[-LOOK_BACK:]
    own = found.rest.lower()
    if not turns:
        return Followed(found, text, own)
    names = found.devices or found.sites or found.unknown
    if _OTHER.search(text):
        found = _others(found, turns, index)
    elif not names and (_PRONOUN.search(text) or _BARE.search(text) or _ELLIPSIS.search(text)):
        found = _named_before(found, turns, index)
    if _asks_nothing(own, text, named=bool(names)):
        found, text = _asked_before(found, text, turns, index)
    return Followed(found, text, own)


def _asks_nothing(rest: str, text: str, *, named: bool) -> bool:
    """Whether the question only says of whom or when: “and at Old Town Depot?”, “the other one?”."""
    elliptic = _ELLIPSIS.search(text) or _OTHER.search(text) or (named and len(tokens(rest)) <= SHORT)
    return bool(elliptic) and read_intent(rest) is Intent.UNKNOWN and metric_in(rest) is None


def _named_before(found: Found, turns: list[Turn], index: NameIndex) -> Found:
    """Names of the last message of the user that had any; else those that the last answer was about."""
    for turn in reversed(turns):
        earlier = find_names(turn.content, index) if turn.role == "user" else Found()
        if earlier.devices or earlier.sites:
            return msgspec.structs.replace(found, devices=earlier.devices, sites=earlier.sites)
    told = find_names(turns[-1].content, index) if turns[-1].role == "assistant" else Found()
    if 0 < len(told.devices) <= MOST_NAMED:
        return msgspec.structs.replace(found, devices=told.devices)
    return found


def _others(found: Found, turns: list[Turn], index: NameIndex) -> Found:
    """The devices, or else the sites, that were named beside those the last question was about."""
    named = [find_names(turn.content, index) for turn in turns]
    last = next((one for one, turn in zip(named[::-1], turns[::-1], strict=True) if turn.role == "user"), Found())
    for earlier in reversed(named):
        devices = tuple(device for device in earlier.devices if device not in last.devices)
        sites = tuple(site for site in earlier.sites if site not in last.sites)
        if (last.devices and 0 < len(devices) <= MOST_NAMED) or (not last.devices and 0 < len(sites) <= MOST_NAMED):
            chosen = {"devices": devices, "sites": ()} if last.devices else {"devices": (), "sites": sites}
            return msgspec.structs.replace(found, unknown=(), **chosen)
    return found


def _asked_before(found: Found, text: str, turns: list[Turn], index: NameIndex) -> tuple[Found, str]:
    """The words of the last question that asked something, before those of this one."""
    for turn in reversed(turns):
        if turn.role == "user" and read_intent(turn.content.lower()) is not Intent.UNKNOWN:
            earlier = find_names(turn.content, index)
            rest = f"{earlier.rest} {found.rest}"
            return msgspec.structs.replace(found, rest=rest), f"{earlier.rest.lower()} {text}"
    return found, text
