"""HOMEPOT's own session token, taken instead of an API key where its secret is configured."""

import jwt
import msgspec

MAX_TOKEN_CHARS = 4096


class Sessions:
    """Reads tokens that HOMEPOT signed: HS256, claims ``sub`` (email) and ``exp``.

    The token says who somebody is. What they may see is read from HOMEPOT's tables: its claim ``is_admin`` may be years
    old.
    """

    def __init__(self, secret: str | None) -> None:
        """Args: secret: HOMEPOT's ``SECRET_KEY``; ``None``: session tokens are not taken."""
        self._secret = secret

    def email(self, token: str) -> str | None:
        """Whose token this is; ``None`` for one that is not HOMEPOT's, is over, or is no access token."""
        if not self._secret or len(token) > MAX_TOKEN_CHARS:
            return None
        try:
            claims = jwt.decode(token, self._secret, algorithms=["HS256"], options={"require": ["sub", "exp"]})
            read = msgspec.convert(claims, _Claims)
        except (jwt.PyJWTError, msgspec.ValidationError, ValueError):
            return None
        return read.sub if read.type == "access" else None


class _Claims(msgspec.Struct):
    sub: str
    type: str = "access"
