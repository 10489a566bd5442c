"""The child process that holds one loaded model: llama.cpp's own HTTP server on a loopback port.

A process of its own, as Ollama's runners are: unloading gives all memory back, and a crash does not take the server
down. It prints `{"url": ...}` once ready and ends when its standard input closes, so it never outlives its parent.
"""

import argparse
import json
import os
import sys

import xllamacpp


def parameters(model: str, num_ctx: int, threads: int) -> xllamacpp.CommonParams:
    """llama.cpp's settings: one slot, no GPU assumptions, quiet."""
    params = xllamacpp.CommonParams()
    params.model.path = model
    params.n_ctx = num_ctx
    params.n_parallel = 1
    params.cpuparams.n_threads = threads
    params.cpuparams_batch.n_threads = threads
    params.n_threads_http = 4
    params.cache_ram_mib = 0
    params.fit_params = False
    params.warmup = False
    params.ui = False
    params.verbosity = 0
    params.hostnames = ["127.0.0.1"]
    return params


def spare_threads() -> int:
    """Threads that leave a core free: on a small busy machine one more thread is slower, not faster."""
    return max(1, len(os.sched_getaffinity(0)) - 1)


def main() -> None:
    """Load the model, say where it listens, and wait for the parent to go."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--num-ctx", type=int, required=True)
    arguments = parser.parse_args()
    server = xllamacpp.Server(parameters(arguments.model, arguments.num_ctx, spare_threads()))
    print(json.dumps({"url": server.listening_address}), flush=True)
    sys.stdin.read()
    os._exit(0)  # a generation may be running: its threads must not hold the exit up


if __name__ == "__main__":
    main()
