"""Latency, throughput and memory of the embedder, and of SentenceTransformer called one text at a time.

`python -m bench.embedder` starts a service of its own, measures it over HTTP, measures the library in this process
with the same number of threads, and prints one JSON line. Times in ms, memory in MB, throughput in texts a second.
"""

import argparse
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from embedder.settings import Settings, available_cpus

QUESTION = "Why did the payment terminals in the Berlin store go offline last night?"
START_S = 180


def texts(count: int) -> list[str]:
    """Made-up incident lines of many lengths, each different."""
    parts = ["temperature above threshold", "no heartbeat", "disk almost full", "restarted twice", "network loss 12 %"]
    return [
        f"Device pos-{number:04} at site {number % 17}: " + "; ".join(parts[k % 5] for k in range(number % 9 + 1))
        for number in range(count)
    ]


@contextlib.contextmanager
def service() -> Iterator[tuple[httpx.Client, int]]:
    """A service on a free port, and its process id."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "EMBEDDER_HOST": "127.0.0.1", "EMBEDDER_PORT": str(port)}
    environment["EMBEDDER_LOG_LEVEL"] = "warning"
    process = subprocess.Popen([sys.executable, "-m", "embedder", "serve"], env=environment)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=120) as client:
            until_ready(client, process)
            yield client, process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def until_ready(client: httpx.Client, process: subprocess.Popen[bytes]) -> None:
    """Wait for the model; raises RuntimeError with the service's reason."""
    reason = "it did not start to listen"
    for _ in range(START_S * 5):
        with contextlib.suppress(httpx.TransportError):
            answer = client.get("/readyz")
            if answer.status_code == httpx.codes.OK:
                return
            reason = answer.json()["detail"]
            if client.get("/livez").status_code != httpx.codes.OK:
                break
        if process.poll() is not None:
            break
        time.sleep(0.2)
    raise RuntimeError(f"the embedder is not ready: {reason}")


def timed(work: Callable[[], object], repeats: int) -> list[float]:
    """Milliseconds of each call, after three that are not counted."""
    took = []
    for turn in range(repeats + 3):
        started = time.perf_counter()
        work()
        if turn >= 3:  # noqa: PLR2004 -- the warm-up named above
            took.append((time.perf_counter() - started) * 1000)
    return took


def resident_mb(pid: int) -> float:
    """Resident memory of a process in MB (10^6 bytes)."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) * 1024 / 1e6


def measure_service(repeats: int, bulk: list[str]) -> dict[str, Any]:
    """One question alone, and a bulk load in one request, over HTTP."""
    with service() as (client, pid):
        one = timed(lambda: client.post("/embed", json={"inputs": QUESTION}).raise_for_status(), repeats)
        many = timed(lambda: client.post("/embed", json={"inputs": bulk}).raise_for_status(), 2)
        info = client.get("/info").json()
        return {
            "device": info["device"],
            "dtype": info["dtype"],
            "threads": info["threads"],
            "question_p50_ms": round(float(np.percentile(one, 50)), 1),
            "question_p95_ms": round(float(np.percentile(one, 95)), 1),
            "batch_texts": len(bulk),
            "batch_texts_per_s": round(len(bulk) / min(many) * 1000, 1),
            "resident_mb": round(resident_mb(pid)),
        }


def measure_library(repeats: int, bulk: list[str], settings: Settings, device: str) -> dict[str, Any]:
    """`SentenceTransformer.encode`, one text at a time, in this process; float32 as the library has it."""
    os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
    import torch  # noqa: PLC0415 -- the service must not share the processor with this import
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415 -- as above

    torch.set_num_threads(settings.threads or available_cpus())
    model = SentenceTransformer(str(settings.model_dir), device=device, local_files_only=True)
    one = timed(lambda: model.encode(QUESTION, show_progress_bar=False), repeats)
    some = bulk[: max(1, len(bulk) // 4)]
    many = timed(lambda: [model.encode(text, show_progress_bar=False) for text in some], 1)
    return {
        "library_question_p50_ms": round(float(np.percentile(one, 50)), 1),
        "library_question_p95_ms": round(float(np.percentile(one, 95)), 1),
        "library_texts_per_s_one_at_a_time": round(len(some) / min(many) * 1000, 1),
    }


def main() -> None:
    """Measure both and print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=50, help="questions timed")
    parser.add_argument("--texts", type=int, default=128, help="texts of the bulk request")
    options = parser.parse_args()
    bulk = texts(options.texts)
    result = measure_service(options.repeats, bulk)
    result |= measure_library(options.repeats, bulk, Settings(), result["device"])
    ratio = result["batch_texts_per_s"] / result["library_texts_per_s_one_at_a_time"]
    result["batch_vs_one_at_a_time"] = round(ratio, 2)
    result["question_vs_library_p50"] = round(result["question_p50_ms"] / result["library_question_p50_ms"], 2)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
