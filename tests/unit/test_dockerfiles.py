"""What the images' users must be able to read does not depend on who made the clone."""

import re
from pathlib import Path

import pytest

SERVICES = Path(__file__).parents[2] / "services"


@pytest.mark.parametrize("service", ["ai-gateway", "embedder"])
def test_nothing_comes_into_an_image_with_the_modes_of_the_clone(service: str) -> None:
    """Under a strict umask they are 0600 and root's: the last stage takes only what the first one made."""
    build, last = re.split(r"^FROM .*", (SERVICES / service / "Dockerfile").read_text("utf-8"), flags=re.MULTILINE)[1:]
    copied = re.findall(r"^COPY (--from=build )?(\S+)", last, re.MULTILINE)
    assert copied
    for built, source in copied:
        assert built, source
        assert not source.startswith("/src") or f"chmod -R a+rX {source}" in build
