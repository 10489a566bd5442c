"""Every route below ``/api`` asks for a key: ``Authorization: Bearer <key>``."""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from prometheus_client import Counter

from ai_gateway.access.store import KeyStore
from ai_gateway.access.types import Caller
from ai_gateway.kit.errors import Problem

REFUSED = Counter("ai_auth_refused_total", "Requests without a valid key.", ["reason"])
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="homepot-ai"'}


async def require_key(request: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Litestar guard: find the caller or answer 401."""
    scheme, _space, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        REFUSED.labels("missing").inc()
        detail = "Send an API key: Authorization: Bearer <key>. Make one with `ai-gateway keys create`."
        raise Problem(401, detail, kind="unauthenticated", headers=CHALLENGE)
    keys: KeyStore = request.app.state.key_store
    caller = await keys.check(key.strip())
    if caller is None:
        REFUSED.labels("unknown").inc()
        raise Problem(401, "This API key is unknown or revoked.", kind="unauthenticated", headers=CHALLENGE)
    request.scope["user"] = caller


def caller_of(request: ASGIConnection[Any, Any, Any, Any]) -> Caller:
    """The caller that `require_key` found."""
    caller: Caller = request.scope["user"]
    return caller
