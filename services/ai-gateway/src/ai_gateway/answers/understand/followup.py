"""What a follow-up leaves unsaid, taken from earlier turns: whom it is about, and what it asks of them."""

import re
from collections.abc import Callable
from typing import Final

import msgspec

from ai_gateway.answers.types import QueryRequest, Turn
from ai_gateway.answers.understand.codes import read_codes
from ai_gateway.answers.understand.course import asks_change, asks_since
from ai_gateway.answers.understand.intent import Intent, read_intent
from ai_gateway.answers.understand.name_index import NameIndex
from ai_gateway.answers.understand.names import Found, find_names
from ai_gateway.answers.understand.vocabulary import TYPE_WORDS, metrics_in, tokens

LOOK_BACK: Final = 10
"""Messages before the question that may be meant; older ones are not."""
MOST_NAMED: Final = 3
"""An answer that names more devices than this points to none of them."""
SHORT: Final = 4
"""Words of a question that says hardly more than a name."""

_PRONOUN = re.compile(
    r"\b(?:it|its|it's|that (?:device|one|terminal|sensor|site)|this (?:device|one|terminal|sensor|site)|they|them|those|same)\b|\b(?:did|does|has) (?:that|this)\b|(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )\bthere\b"
)
_OTHER = re.compile(r"\bthe others?(?: one| device| terminal| sensor| site)?s?\b")
_ELLIPSIS = re.compile(
    r"^\s*(?:and|but|also|what about|how about|or)\b|^\s*is (?:now|today|tonight|tomorrow)\b(?: \w+){0,2}\W*$"
)
_OPENS = re.compile(
    r"^\W*(?:(?:on|at|in|by|per|for|from|since|only|just|last|this|yesterday|today|which|(?:show|give|list|tell)(?: me)? (?:the|only|just|them|all|it))\b|how (?:many times|often)\b|who (?:did|made|was)\b)"
)
"""How a question begins that only narrows the one before: “on which devices?”, “yesterday?”."""
_OF_THEM = re.compile(
    r"\bof (?:them|those|these)\b|\b(?:are|is) (?:they|those|these|any of them|it|that) (?:\w+ )?(?:serious|severe|critical|urgent|important)\b"
)
_WHO_SOLVED = re.compile(
    r"\bwho (?:has |have )?(?:resolved|closed|fixed|solved|acknowledged) (?:it|them|that|those|these)\b"
)
_WHICH = re.compile(r"\b(?:which|what) (?:site|store|building)\b")
_LEAD = re.compile(r"[:.;]|, | \(")
"""Where the first name of an answer ends."""
_WEAK = re.compile(
    r"\b(?:how many|list|show(?: me)?|(?:which|what) (?:devices?|sites?|terminals?|sensors?|gateways?|tablets?|ones?)|"
    r"of (?:them|those|these))\b"
)
"""Words that ask for a count or a list, but not of what."""
_BARE = re.compile(
    r"^\W*(?:(?:and|but|so) )?(?:why(?: is that| so)?|since when|how long|what changed|what helped|what happened|when(?: was that| did that happen)?|who|by whom|who (?:did (?:that|it)|was it)|"
    r"(?:did|has) (?:it|that|this|they) (?:really )?(?:help|helped|work|worked)(?: at all)?|what (?:can|could|should|must) (?:we|i) do(?: now| then| about (?:it|that|this))?|"
    r"(?:how|what) (?:is|was|were) (?:it|that|they) (?:yesterday|today|this \w+|last \w+|on \w+|\w+ \w+ ago|in the \w+|at \d.*)|"
    r"(?:is|was) (?:it|that) (?:still )?(?:rising|falling|growing|increasing|decreasing|dropping|climbing|(?:going|getting) \w+)|is (?:that|this|it) (?:normal|usual|unusual|ok|okay|expected|high|bad|too (?:high|hot|much)))\W*$"
)


_IS_THAT = re.compile(r"\b(?:is|was|were) (?:that|this|it|they)\b")
_ONES = re.compile(r"\bones\b|\bof (?:them|those|these)\b")
_KIND = re.compile(rf"\b(?:{'|'.join(TYPE_WORDS)})\b")


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
    bare = bool(_BARE.search(text)) and not names
    if bare and (joined := _of_the_last(found, text, turns, index)):
        return Followed(*joined, own)
    if _OTHER.search(text):
        found = _others(found, turns, index)
    elif not names and (_PRONOUN.search(text) or bare):
        found = _named_before(found, turns, index)
    elif not names and (_ELLIPSIS.search(text) or (_OPENS.search(text) and _asks_nothing(own, text, named=False))):
        found = _named_before(found, turns, index, told=False)
    elif names and _ELLIPSIS.search(text) and _asks_nothing(own, text, named=True):
        found = _beside(found, turns, index)
    if (
        _WHO_SOLVED.search(text)
        or _asks_nothing(own, text, named=bool(names))
        or _another_metric(found, text, turns, index)
    ):
        found, text = _asked_before(found, text, turns, index)
    return Followed(_of_the_kind(found, text, turns), text, own)


def _of_the_kind(found: Found, text: str, turns: list[Turn]) -> Found:
    """“Which ones are broken?” after “how many tills do we have?”: of tills."""
    last = _asked_last(turns)
    kind = _KIND.search(last) if _ONES.search(text) and not _KIND.search(text) else None
    return msgspec.structs.replace(found, rest=f"{found.rest} {kind[0]}") if kind else found


def _of_the_last(found: Found, text: str, turns: list[Turn], index: NameIndex) -> tuple[Found, str] | None:
    """“Since when?” of how a metric moved, “when?” or “why?” of jobs, changes and what names nothing, with the words it is about."""
    whole, said = _asked_before(found, text, turns, index)
    if said == text:
        return None
    if metrics_in(said) and (_IS_THAT.search(text) or (asks_since(text) and asks_change(said))):
        return _named_before(whole, turns, index), said
    named = _named_before(whole, turns, index, told=False)
    of_work = read_intent(said.removesuffix(text)) in {Intent.CHANGES, Intent.JOBS}
    return (named, said) if of_work or _named_before(found, turns, index) == found else None


def _asks_nothing(rest: str, text: str, *, named: bool) -> bool:
    """Whether the question only says of whom or when: “and at Old Town Depot?”, “the other one?”."""
    short = len(tokens(rest)) <= SHORT
    narrows = any(pattern.search(text) for pattern in (_ELLIPSIS, _OTHER, _OF_THEM))
    elliptic = narrows or (short and (named or bool(_OPENS.search(text))))
    return elliptic and _says_nothing(rest) and not metrics_in(rest)


def _another_metric(found: Found, text: str, turns: list[Turn], index: NameIndex) -> bool:
    """“And for memory?” after a question of another metric, or of what is compared."""
    if not (_ELLIPSIS.search(text) and metrics_in(found.rest.lower()) and _says_nothing(found.rest.lower())):
        return False
    _, said = _asked_before(found, text, turns, index)
    return read_intent(said.removesuffix(text)) in {Intent.METRICS, Intent.COMPARISON}


def _says_nothing(text: str) -> bool:
    """Whether words ask for nothing by themselves; to ask how many, or which, says not of what."""
    return read_intent(_WEAK.sub(" ", text)) is Intent.UNKNOWN


def _named_before(found: Found, turns: list[Turn], index: NameIndex, *, told: bool = True) -> Found:
    """Names of the last message of the user that had any; else those that the last answer was about, if ``told``."""
    for turn in reversed(turns):
        earlier = find_names(turn.content, index) if turn.role == "user" else Found()
        if earlier.devices or earlier.sites:
            return msgspec.structs.replace(found, devices=earlier.devices, sites=earlier.sites)
        if turn.role == "user" and read_codes(turn.content, index.holds)[0]:
            return found  # “it” is the code, not a device that logged it
    if not told or turns[-1].role != "assistant":
        return found
    lead = find_names(_LEAD.split(turns[-1].content, maxsplit=1)[0], index)
    if len(lead.sites) == 1 and not lead.devices and _WHICH.search(_asked_last(turns)):
        return msgspec.structs.replace(found, sites=lead.sites)  # “Old Town Depot has the most”
    answer = find_names(turns[-1].content, index)
    if 0 < len(answer.devices) <= MOST_NAMED:
        return msgspec.structs.replace(found, devices=answer.devices)
    return found


def _asked_last(turns: list[Turn]) -> str:
    """The last question, in small letters."""
    return next((turn.content.lower() for turn in reversed(turns) if turn.role == "user"), "")


def _beside(found: Found, turns: list[Turn], index: NameIndex) -> Found:
    """“And the airport?” after sites were compared with each other: with those of before."""
    earlier = find_names(_asked_last(turns), index)
    if read_intent(earlier.rest.lower()) is not Intent.COMPARISON or len(earlier.sites) < 2 or found.devices:  # noqa: PLR2004 - it takes two
        return found
    return msgspec.structs.replace(found, sites=tuple(dict.fromkeys((*earlier.sites, *found.sites))))


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
    """The words of the last question that asked something, those of questions since, and those of this one."""
    said: list[str] = []
    for turn in reversed(turns):
        if turn.role != "user" or _BARE.search(turn.content.lower()):
            continue
        said.insert(0, find_names(turn.content, index).rest)
        lowered = turn.content.lower()
        narrows = any(pattern.search(lowered) for pattern in (_ELLIPSIS, _OPENS, _OF_THEM))
        if not _says_nothing(lowered) or (read_intent(lowered) is not Intent.UNKNOWN and not narrows):
            before = " ".join(said)
            return msgspec.structs.replace(found, rest=f"{before} {found.rest}"), f"{before.lower()} {text}"
    return found, text


def codes_before(request: QueryRequest, known: Callable[[str], bool]) -> tuple[str, ...]:
    """Codes of the last question that named any, where this one says “it”, or hardly anything."""
    text = request.question.lower()
    if not (_PRONOUN.search(text) or _BARE.search(text) or _ELLIPSIS.search(text)):
        return ()
    said = (turn.content for turn in reversed(request.history[-LOOK_BACK:]) if turn.role == "user")
    return next((codes for one in said if (codes := read_codes(one, known)[0])), ())
