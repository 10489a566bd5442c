"""The web server, which does not wait for what never ends."""

import socket
from collections.abc import Callable

import uvicorn


class Server(uvicorn.Server):
    """Uvicorn, which lets streams without an end of their own end before it waits for requests to be over."""

    def __init__(self, config: uvicorn.Config, end_streams: Callable[[], None]) -> None:
        """Args: config: of uvicorn. end_streams: called once, in the server's loop, when it is told to stop."""
        super().__init__(config)
        self._end_streams = end_streams

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop: the streams at once, other requests as they end, within uvicorn's ``timeout_graceful_shutdown``."""
        self._end_streams()
        await super().shutdown(sockets)
