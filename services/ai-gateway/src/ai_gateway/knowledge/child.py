"""Read one file in a process of its own: a hostile PDF may take all memory or never end, and then only this one dies.

``python -m ai_gateway.knowledge.child .pdf`` takes the bytes on standard input and prints its passages, or why not, as JSON.
"""

import asyncio
import resource
import sys
from typing import Final

import msgspec

from ai_gateway.knowledge.formats import read_passages
from ai_gateway.knowledge.types import Passage, Refused

MEMORY_BYTES: Final = 768 * 1024 * 1024
CPU_S: Final = 60
WALL_S: Final = 120.0


class Outcome(msgspec.Struct):
    """What the child prints."""

    passages: list[Passage] = []
    reason: str | None = None


async def read_apart(suffix: str, data: bytes) -> list[Passage]:
    """The passages of a file; raises `Refused`, also where reading takes too long or too much memory."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        __name__,
        suffix,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(WALL_S):
            printed, _ = await process.communicate(data)
    except TimeoutError:
        raise Refused("reading it takes too long") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise Refused("reading it takes too much time or memory, or breaks the reader")
    outcome = msgspec.json.decode(printed, type=Outcome)
    if outcome.reason is not None:
        raise Refused(outcome.reason)
    return outcome.passages


def main() -> None:
    """The child."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    try:
        outcome = Outcome(passages=read_passages(sys.argv[1], sys.stdin.buffer.read()))
    except Refused as reason:
        outcome = Outcome(reason=str(reason))
    sys.stdout.buffer.write(msgspec.json.encode(outcome))


if __name__ == "__main__":
    main()
