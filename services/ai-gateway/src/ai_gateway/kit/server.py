"""The web server, which does not wait for what never ends."""

import socket
from collections.abc import Callable

import uvicorn


class Server(uvicorn.Server):
    """Uvicorn, which lets streams without an end of their own end before it waits for requests to be over."""

    def __init__(self, config: uvicorn.Config, *at_stop: Callable[[], None]) -> None:
        """Args: config: of uvicorn. at_stop: called once, in the server's loop, when it is told to stop: ends streams."""
        super().__init__(config)
        self._at_stop = at_stop

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop: the streams at once, other requests as they end, within uvicorn's ``timeout_graceful_shutdown``."""
        for tell in self._at_stop:
            tell()
        await super().shutdown(sockets)
