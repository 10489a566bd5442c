"""Sites that a question names to leave them out: “outside Building A”."""

import re
from typing import Final

from ai_gateway.answers.understand.name_index import NameIndex, site_phrases
from ai_gateway.homepot.names import SiteName
from ai_gateway.homepot.scoped.view import View

_WITHOUT: Final = r"(?:outside(?: of)?|except(?: for| at)?|excluding|other than|apart from|not (?:at|in|from)|besides|but not(?: at)?)"
"""Words before the name of a site that is left out."""
_BETWEEN: Final = r"\W+"


def left_out(sites: tuple[SiteName, ...], text: str) -> tuple[SiteName, ...]:
    """Sites that are named to be left out: “outside Building A”."""
    return tuple(site for site in sites if any(_leaves_out(phrase, text) for phrase in site_phrases(site)))


def _leaves_out(phrase: tuple[str, ...], text: str) -> bool:
    name = _BETWEEN.join(map(re.escape, phrase))
    return bool(phrase) and bool(re.search(rf"\b{_WITHOUT} (?:the )?{name}\b", text))


def without(focus: View, excluded: tuple[SiteName, ...], index: NameIndex) -> View:
    """The scope without some sites."""
    if not excluded:
        return focus
    gone = {site.id for site in excluded}
    within = focus.sites if focus.sites is not None else tuple(site.id for site in index.sites)
    return View(sites=tuple(site for site in within if site not in gone), devices=focus.devices)
