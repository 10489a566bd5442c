"""Settings become parts: what the gateway and the worker are made of, and how they come up."""

from ai_gateway.wiring.base import create_own_pool
from ai_gateway.wiring.parts import Parts

__all__ = ["Parts", "create_own_pool"]
