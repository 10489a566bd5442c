"""Values of HOMEPOT's JSON columns in words."""

import msgspec

from ai_gateway.kit.text import clean


def setting_words(value: str | None) -> str:
    """A JSON value in short: ``{"value": 10}`` is 10."""
    try:
        decoded = msgspec.json.decode(value or "null")
    except msgspec.DecodeError:
        return clean(value, 60)
    if isinstance(decoded, dict) and len(decoded) == 1:
        decoded = next(iter(decoded.values()))
    text = decoded if isinstance(decoded, str) else msgspec.json.encode(decoded).decode()
    return "nothing" if decoded is None else clean(text, 60)
