"""``python -m bench.peers``: the embedder, infinity-emb and a plain SentenceTransformer server, side by side in one run.

Every server has its defaults and the same weights; one at a time is under load, in turns. Peers compute in float32 on a CPU,
the embedder as ``EMBEDDER_DTYPE=auto`` chooses; `embedder_float32` is the same service with float32. One JSON line a figure.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx
import numpy as np
import psutil

from bench.figures import Figure, machine
from bench.peers.load import Callers, Load, mixed_texts
from bench.peers.servers import Infinity, Peer, Plain, install_infinity

CLIENTS = (1, 8, 64)
ROUNDS = 2
FASTER, FASTER_ON_GPU = 1.2, 3.0
FLAT_PERCENT = 3.0
PARTS = 10
"""Of the time that memory is watched: the median of each is told."""
SAME_COSINE = 0.99
OURS, EXACT = "embedder", "embedder_float32"

PEERS: dict[str, Callable[[str], Peer]] = {"infinity": Infinity, "plain": Plain}

Loads = dict[tuple[str, int], Load]


def servers(device: str, others: Sequence[str]) -> list[Peer]:
    """Ours first."""
    own = {"EMBEDDER_DEVICE": device, "EMBEDDER_LOG_LEVEL": "warning"}
    exact = Peer(EXACT, EMBEDDER_DTYPE="float32", **own)
    return [Peer(OURS, **own), exact, *(PEERS[name](device) for name in others)]


def same_vectors(running: Sequence[Peer], texts: list[str]) -> Figure:
    """The least cosine between our vectors and those of another server."""
    with httpx.Client(timeout=120, trust_env=False) as client:
        found = [
            np.asarray(one.vectors(client.post(one.url + one.wire.path, json=one.wire.body(texts))), dtype=np.float32)
            for one in running
        ]
    cosines = [float((found[0] * other).sum(axis=1).min()) for other in found[1:]]
    detail = {one.name: round(cosine, 5) for one, cosine in zip(running[1:], cosines, strict=True)}
    return Figure(name="same_vectors", value=min(cosines), unit="cosine", at_least=SAME_COSINE, detail=detail)


def measure(running: Sequence[Peer], texts: Sequence[str], seconds: float) -> Loads:
    """Every server under every load, in turns."""
    loads: Loads = {}
    callers = Callers()
    for turn in range(ROUNDS):
        for clients in CLIENTS:
            for one in running if turn % 2 == 0 else reversed(running):
                result = callers.load(one, texts, clients, seconds)
                loads.setdefault((one.name, clients), Load(clients)).add(result)
    return loads


def figures(loads: Loads, device: str) -> Iterator[Figure]:
    """Ours against the best of the others."""
    others = sorted({name for name, _ in loads} - {OURS, EXACT})
    for clients in CLIENTS:
        pace = {name: loads[name, clients].texts_per_s for name in (OURS, EXACT, *others)}
        late = {name: loads[name, clients].p95_ms for name in (OURS, EXACT, *others)}
        detail = {
            "clients": clients,
            "texts_per_s": {name: round(value, 1) for name, value in pace.items()},
            "p95_ms": {name: round(value) for name, value in late.items()},
        }
        ratio = pace[OURS] / max(pace[name] for name in others)
        yield Figure(name=f"throughput_{clients}", value=ratio, unit="ratio", at_least=FASTER, detail=detail)
        if device != "cpu" and "plain" in others:
            ratio = pace[OURS] / pace["plain"]
            yield Figure(name=f"throughput_plain_{clients}", value=ratio, unit="ratio", at_least=FASTER_ON_GPU)
        slower = late[OURS] / min(late[name] for name in others)
        goal = 1.0 if clients == 8 else None  # noqa: PLR2004 -- the one load with a goal
        yield Figure(name=f"p95_{clients}", value=slower, unit="ratio", at_most=goal)
    lost = {name: sum(one.lost for (who, _), one in loads.items() if who == name) for name in (OURS, EXACT, *others)}
    yield Figure(name="lost", value=float(lost[OURS]), unit="requests", at_most=0, detail=lost)


def memory(ours: Peer, texts: Sequence[str], seconds: float) -> Figure:
    """Growth of our resident memory under 8 clients: the last fifth of the time against the second."""
    process, samples = psutil.Process(ours.pid), []
    with ThreadPoolExecutor(1) as pool:
        under = pool.submit(Callers().load, ours, texts, 8, seconds)
        while not under.done():
            samples.append(process.memory_info().rss / 1e6)
            time.sleep(0.2)
        result = under.result()
    share = max(len(samples) // PARTS, 1)
    curve = [statistics.median(samples[at : at + share]) for at in range(0, len(samples), share)]
    before, after = statistics.median(curve[2:4] or curve), statistics.median(curve[-2:])
    detail = {
        "minutes": round(seconds / 60, 1),
        "mb": [round(one) for one in curve],
        "texts": len(result.seconds),
        "lost": result.lost,
    }
    growth = (after / before - 1) * 100
    return Figure(name="memory_growth", value=growth, unit="percent", at_most=FLAT_PERCENT, detail=detail)


def main() -> None:
    """Compare; status 1 if a goal was missed in a full run."""
    parser = argparse.ArgumentParser(prog="python -m bench.peers", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="seconds instead of minutes: to try the bench")
    parser.add_argument("--seconds", type=float, default=30.0, help="of each load, in each of two rounds")
    parser.add_argument("--peers", nargs="+", choices=sorted(PEERS), default=sorted(PEERS), help="whom to compare with")
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    parser.add_argument("--memory-minutes", type=float, default=10.0)
    parser.add_argument(
        "--memory-alone", action="store_true", help="start our own server and watch its memory, no more"
    )
    options = parser.parse_args()
    if "infinity" in options.peers and not options.memory_alone:
        install_infinity()
    device = _device(options.device)
    texts = mixed_texts(512)
    print(json.dumps({**machine(), "device": device}), flush=True)
    missed = 0
    with ExitStack() as stack:
        chosen = servers(device, options.peers)[: 1 if options.memory_alone else None]
        running = [stack.enter_context(one) for one in chosen]
        for one in running:
            one.wait_ready()
        seconds, minutes = (3.0, 1 / 6) if options.quick else (options.seconds, options.memory_minutes)
        for figure in _all(running, texts, device, seconds, minutes):
            print(figure.line(), flush=True)
            missed += figure.met is False
    sys.exit(1 if missed and not options.quick else 0)


def _all(running: list[Peer], texts: list[str], device: str, seconds: float, minutes: float) -> Iterator[Figure]:
    if len(running) > 1:
        yield same_vectors(running, texts[:8])
        yield from figures(measure(running, texts, seconds), device)
    yield memory(running[0], texts, minutes * 60)


def _device(wanted: str) -> str:
    import torch  # noqa: PLC0415 -- seconds of import

    return ("cuda" if torch.cuda.is_available() else "cpu") if wanted == "auto" else wanted


if __name__ == "__main__":
    main()
