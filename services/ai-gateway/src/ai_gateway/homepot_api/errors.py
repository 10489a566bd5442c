"""HOMEPOT's shape of a failure: ``detail`` and ``status_code``, as members of a problem document."""

from typing import Any

from litestar.openapi.datastructures import ResponseSpec

from ai_gateway.homepot_api.types import HomepotProblem
from ai_gateway.kit.errors import problem_body
from ai_gateway.kit.problems import problem_responses


def homepot_body(status: int, detail: str, **members: Any) -> bytes:
    """A problem document that also has ``status_code``."""
    return problem_body(status, detail, **members, status_code=status)


def failures(*statuses: int) -> dict[int, ResponseSpec]:
    """What a route says of its failures in the OpenAPI document."""
    return problem_responses(*statuses, shape=HomepotProblem)
