"""Every route below ``/api`` asks for a key or a session of HOMEPOT's: ``Authorization: Bearer …``.

A key may act for a HOMEPOT user (``X-Homepot-User``): the request then sees what that user sees.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import structlog
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from prometheus_client import Counter

from ai_gateway.access.session import Sessions
from ai_gateway.access.store import KeyStore
from ai_gateway.access.types import Caller, Permission
from ai_gateway.homepot.people import People, Person
from ai_gateway.kit.errors import Problem

REFUSED = Counter("ai_auth_refused_total", "Requests without a valid key, user or permission.", ["reason"])
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="homepot-ai"'}
USER_HEADER = "x-homepot-user"
MAX_USER_CHARS = 200
SESSION_COOKIE = "access_token"
SESSION = "session"
"""Name of the caller where a HOMEPOT session stands in for a key."""
SESSION_PERMISSIONS: tuple[Permission, ...] = ("read", "operate", "reports")
OPENS = "permissions"
"""Key of a handler's ``opt``: the permissions of which any one opens the route."""

Connection = ASGIConnection[Any, Any, Any, Any]


class Door(msgspec.Struct, frozen=True):
    """What the guard asks."""

    keys: KeyStore
    sessions: Sessions
    people: People


async def require_key(request: Connection, handler: BaseRouteHandler) -> None:
    """Litestar guard: find the caller, or answer 401 or 403.

    The key needs the permission ``read``, or one of those that the handler lists under ``opt={OPENS: (...)}``.
    """
    await _admit(request, handler, _bearer(request))


async def require_key_or_cookie(request: Connection, handler: BaseRouteHandler) -> None:
    """As `require_key`, and HOMEPOT's session cookie lets in too; it counts before the header, as in HOMEPOT itself."""
    door: Door = request.app.state.door
    cookie = request.cookies.get(SESSION_COOKIE, "")
    await _admit(request, handler, cookie if door.sessions.email(cookie) else _bearer(request))


def _bearer(request: Connection) -> str:
    scheme, _space, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _named(request: Connection) -> str:
    """The user that the request names; several, as where a proxy added its own, are nobody."""
    return ", ".join(request.headers.getall(USER_HEADER, [])).strip()


async def _admit(request: Connection, handler: BaseRouteHandler, token: str) -> None:
    if not token:
        raise _unauthenticated(
            "missing", "Send an API key: Authorization: Bearer <key>. Make one with `ai-gateway keys create`."
        )
    door: Door = request.app.state.door
    caller = await _caller(door, token, _named(request))
    structlog.contextvars.bind_contextvars(caller=caller.name, user=caller.user)
    request.scope["user"] = caller
    _permit(caller, handler.opt.get(OPENS, ("read",)))


async def _caller(door: Door, token: str, user: str) -> Caller:
    if email := door.sessions.email(token):
        return _acting(Caller(SESSION, scopes=SESSION_PERMISSIONS), await _person(door, email, user))
    caller = await door.keys.check(token)
    if caller is None:
        raise _unauthenticated("unknown", "This API key is unknown, expired or revoked.")
    if user:
        return _acting(caller, await _person(door, user, user))
    if caller.for_users:
        raise _forbidden("no_user", "This key acts for users: name one by id or email in X-Homepot-User.")
    return caller


async def _person(door: Door, identity: str, named: str) -> Person:
    """The active user of that id or email; a session speaks for nobody else."""
    person = await door.people.find(identity) if len(identity) <= MAX_USER_CHARS else None
    if person is None:
        raise _forbidden("unknown_user", "HOMEPOT has no active user of that id or email.")
    if named and named.lower() not in {person.email.lower(), str(person.id)}:
        raise _forbidden("other_user", "A session acts for its own user: leave X-Homepot-User out.")
    return person


def _acting(caller: Caller, person: Person) -> Caller:
    sites = None if person.is_admin else frozenset(person.sites)
    return msgspec.structs.replace(caller, user=person.email, user_sites=sites)


def require(permission: Permission) -> Callable[[Connection, BaseRouteHandler], Awaitable[None]]:
    """A guard, after `require_key`, for routes that need more than to be known."""

    async def guard(request: Connection, _: BaseRouteHandler) -> None:
        _permit(caller_of(request), (permission,))

    return guard


def _permit(caller: Caller, permissions: tuple[Permission, ...]) -> None:
    """Raise a 403 problem unless the caller has any of these."""
    if not any(caller.may(permission) for permission in permissions):
        needed = " or ".join(map(repr, permissions))
        detail = f"This key lacks the permission {needed}: make one with `keys create --scope {permissions[0]}`."
        raise _forbidden("permission", detail)


def caller_of(request: Connection) -> Caller:
    """The caller that `require_key` found."""
    caller: Caller = request.scope["user"]
    return caller


def _unauthenticated(reason: str, detail: str) -> Problem:
    REFUSED.labels(reason).inc()
    return Problem(401, detail, kind="unauthenticated", headers=CHALLENGE)


def _forbidden(reason: str, detail: str) -> Problem:
    REFUSED.labels(reason).inc()
    return Problem(403, detail, kind="forbidden")
