"""The Chroma server that imports and benchmarks run against."""

from pathlib import Path

import httpx
import psutil
import pytest

from dev.chroma import ChromaError, ChromaServer

COLLECTIONS = "/api/v2/tenants/default_tenant/databases/default_database/collections"


def test_serves_what_it_was_given_before_it_was_killed(tmp_path: Path) -> None:
    with ChromaServer(tmp_path) as server:
        created = httpx.post(f"{server.url}{COLLECTIONS}", json={"name": "kept"}, trust_env=False)
        assert created.is_success, created.text
        assert psutil.Process(server.pid).is_running()
        server.kill()
        with pytest.raises(ChromaError):
            _ = server.pid
        server.start()
        found = httpx.get(f"{server.url}{COLLECTIONS}", trust_env=False).json()
        assert [one["name"] for one in found] == ["kept"]


def test_says_why_it_did_not_come_up(tmp_path: Path) -> None:
    with ChromaServer(tmp_path / "one") as first:
        second = ChromaServer(tmp_path / "two")
        second.port = first.port
        with pytest.raises(ChromaError, match="did not come up"):
            second.start()
