"""A Chroma server with memories of another program, read page by page; nothing is written and nothing else is called.

Importing this module takes half a second and 25 MB, as chromadb brings its tracing along: only the command does.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import urlsplit

import chromadb
import msgspec
from chromadb.api.async_api import AsyncClientAPI
from chromadb.config import DEFAULT_DATABASE, DEFAULT_TENANT, Settings
from chromadb.errors import NotFoundError

CALL_S: Final = 60.0
MOST_NAMED: Final = 50


class ImportSourceError(Exception):
    """The Chroma server cannot give what was asked for; the message says what to change."""


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of a collection. ``metadata``: strings, numbers and booleans."""

    id: str
    text: str | None
    metadata: dict[str, Any]


class ChromaReader:
    """Reads one database of a Chroma server; every method raises `ImportSourceError`."""

    def __init__(self, client: AsyncClientAPI, url: str) -> None:
        """Args: client: connected. url: for messages."""
        self._client = client
        self._url = url

    async def present(self) -> list[str]:
        """The names of the first collections."""
        return sorted(one.name for one in await self._call(self._client.list_collections(limit=MOST_NAMED)))

    async def count(self, collection: str) -> int:
        """How many entries a collection has."""
        found = await self._collection(collection)
        return int(await self._call(found.count()))

    async def pages(self, collection: str, size: int) -> AsyncIterator[list[Document]]:
        """All entries, ``size`` at a time, without their vectors."""
        found, offset = await self._collection(collection), 0
        while True:
            page = await self._call(found.get(limit=size, offset=offset, include=["documents", "metadatas"]))
            entries = zip(page["ids"], page["documents"] or (), page["metadatas"] or (), strict=True)
            documents = [Document(id=key, text=text, metadata=dict(meta or {})) for key, text, meta in entries]
            if not documents:
                return
            yield documents
            offset += len(documents)

    async def _collection(self, name: str) -> Any:
        # Without an embedding function: a collection may name one that would be downloaded.
        return await self._call(self._client.get_collection(name, embedding_function=None), collection=name)

    async def _call(self, call: Any, *, collection: str = "") -> Any:
        try:
            async with asyncio.timeout(CALL_S):
                return await call
        except NotFoundError as error:
            raise ImportSourceError(f"There is no collection {collection!r} at {self._url}.") from error
        except Exception as error:  # chromadb raises bare ones where another program answers
            raise ImportSourceError(_unreachable(self._url, error)) from error


@asynccontextmanager
async def chroma(
    url: str, tenant: str = DEFAULT_TENANT, database: str = DEFAULT_DATABASE
) -> AsyncIterator[ChromaReader]:
    """Connect to a Chroma server (version 0.6 or newer); raises `ImportSourceError`."""
    scheme, host, port = _address(url)
    try:
        async with asyncio.timeout(CALL_S):
            client = await chromadb.AsyncHttpClient(
                host=host,
                port=port or (443 if scheme == "https" else 8000),
                ssl=scheme == "https",
                tenant=tenant,
                database=database,
                settings=_settings(),
            )
    except Exception as error:
        raise ImportSourceError(_unreachable(url, error)) from error
    async with client._server:  # type: ignore[attr-defined]  # noqa: SLF001 - the client has no way to close it
        yield ChromaReader(client, url)


def _address(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port of an address; raises `ImportSourceError`."""
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme, parts.hostname, parts.port
    except ValueError:
        scheme, host, port = "", None, None
    if scheme not in {"http", "https"} or not host:
        raise ImportSourceError(f"{url!r} is no address of a Chroma server: write http://host:port.")
    return scheme, host, port


def _settings() -> Settings:
    """No file and no variable of the environment switches tracing on: nothing leaves this host."""
    return Settings(
        _env_file=None,  # type: ignore[call-arg]  # pydantic-settings' own
        anonymized_telemetry=False,
        chroma_otel_granularity="none",
        chroma_otel_collection_endpoint="",
    )


def _unreachable(url: str, error: BaseException) -> str:
    reason = str(error).strip().split("\n")[0] or type(error).__name__
    return f"No Chroma server of version 0.6 or newer answers at {url}: {reason}"
