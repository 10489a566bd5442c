"""The operating system that a question asks for: “which devices run Android?”, “Windows 10 tills”."""

import re
from typing import Final, NamedTuple

_FAMILIES: Final[dict[str, tuple[str, str]]] = {
    "Android": (r"android", r"android"),
    "Windows": (r"(?:microsoft )?windows", r"windows"),
    "iOS": (r"ios|ipados", r"\m(ios|ipados)"),
    "macOS": (r"mac ?os(?: x)?|os x", r"mac ?os|os x"),
    "Chrome OS": (r"chrome ?os", r"chrome ?os"),
    "Ubuntu": (r"ubuntu", r"ubuntu"),
    "Debian": (r"debian", r"debian"),
    "Raspberry Pi OS": (r"raspbian|raspberry pi os", r"raspbian|raspberry pi os"),
    "Red Hat": (r"red ?hat|rhel", r"red ?hat|rhel"),
    "Yocto": (r"yocto", r"yocto"),
    "FreeRTOS": (r"freertos", r"freertos"),
    "Zephyr": (r"zephyr", r"zephyr"),
    "OpenWrt": (r"openwrt", r"openwrt"),
    "Linux": (
        r"linux",
        r"linux|ubuntu|debian|raspbian|raspberry pi os|red ?hat|rhel|fedora|centos|suse|alpine|yocto|openwrt",
    ),
}
"""What people call it, and what stands in ``devices.os_details``, as a regular expression of Postgres."""
_WORDS: Final = "|".join(f"(?P<f{number}>{words})" for number, (words, _) in enumerate(_FAMILIES.values()))
_VERSION: Final = r"(?: (?:version )?(?P<version>\d+(?:\.\d+)*))?"
_KINDS: Final = r"(?:devices|machines|systems|computers|terminals|tills|tablets|sensors|gateways|kiosks|checkouts|ones)"
_VERB: Final = r"(?:runs?|running|ran|on|uses?|using|with|under|based on)"
_ASKED: Final = (
    re.compile(rf"\b{_VERB} (?:an? |the )?(?:{_WORDS}){_VERSION}(?![\w-])", re.IGNORECASE),
    re.compile(rf"\b(?:{_WORDS}){_VERSION}[ -](?:based )?{_KINDS}\b", re.IGNORECASE),
)
_NOT: Final = re.compile(r"\b(?:not|no|without|other than|except|never)\b(?: \w+){0,2} *$", re.IGNORECASE)


class Platform(NamedTuple):
    """An operating system. ``pattern``: of its ``os_details``, for Postgres; ``other``: every other one is asked for."""

    name: str
    pattern: str
    other: bool


def read_platform(text: str) -> tuple[Platform | None, str]:
    """The operating system in a question, and the question with its name blanked, which is no device's."""
    for asked in _ASKED:
        if found := asked.search(text):
            place = next(number for number in range(len(_FAMILIES)) if found[f"f{number}"])
            name, (_, pattern) = list(_FAMILIES.items())[place]
            if version := found["version"]:
                name = f"{name} {version}"
                pattern = rf"({pattern})[^0-9]*{re.escape(version)}(?![0-9])"
            start, end = found.start(f"f{place}"), found.end("version" if version else f"f{place}")
            other = bool(_NOT.search(text[: found.start()]))
            return Platform(name, pattern, other), f"{text[:start]}{' ' * (end - start)}{text[end:]}"
    return None, text
