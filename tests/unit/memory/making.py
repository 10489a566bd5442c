"""The type of the fixture that makes remembered incidents."""

from collections.abc import Callable

from ai_gateway.memory.types import Recalled

Make = Callable[..., Recalled]
