"""Client of the HOMEPOT AI gateway: `Gateway` for plain programs, `AsyncGateway` for asyncio."""

from homepot_ai_client.aio import AsyncGateway
from homepot_ai_client.errors import (
    BadRequestError,
    BusyError,
    ForbiddenError,
    GatewayError,
    NotFoundError,
    ProblemError,
    ServerError,
    StreamBrokenError,
    UnauthenticatedError,
    UnreachableError,
)
from homepot_ai_client.retries import Retries
from homepot_ai_client.sync import Gateway
from homepot_ai_client.types import (
    Anomaly,
    AnomalyPage,
    Answer,
    AssistantAnswer,
    Delta,
    Device,
    Evidence,
    Gathered,
    Incident,
    IncidentPage,
    RelevantDevice,
    Trust,
    Turn,
)

__all__ = [
    "Anomaly",
    "AnomalyPage",
    "Answer",
    "AssistantAnswer",
    "AsyncGateway",
    "BadRequestError",
    "BusyError",
    "Delta",
    "Device",
    "Evidence",
    "ForbiddenError",
    "Gateway",
    "GatewayError",
    "Gathered",
    "Incident",
    "IncidentPage",
    "NotFoundError",
    "ProblemError",
    "RelevantDevice",
    "Retries",
    "ServerError",
    "StreamBrokenError",
    "Trust",
    "Turn",
    "UnauthenticatedError",
    "UnreachableError",
]
