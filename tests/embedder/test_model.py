"""The real model: its vectors, and the service around it as a process of its own."""

import base64
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import msgspec
import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer

from embedder import cpu, selftest
from embedder.batcher import Batcher
from embedder.metrics import Metrics
from embedder.model import LoadError, MpnetModel, load_model, padded
from embedder.service import normalized, shortened
from embedder.settings import CPU_BATCH_TOKENS, Settings
from embedder.types import FloatArray, TokenIds
from embedder.weights import ChecksumError, verify
from tests.embedder.fakes import FakeModel

pytestmark = pytest.mark.model

TEXTS = [
    "Why is the POS terminal in Berlin offline?",
    "The payment terminal at the Berlin store does not respond.",
    "CPU temperature of gateway gw-17 rises above 80 °C.",
    "a",
    "Ein Gerät meldet sich seit gestern nicht mehr.",
    "disk usage 91 percent " * 30,
    "long " * 1000,
    "🔥 café naïve ﬁ \uff21\uff22",
]


@pytest.fixture(scope="module")
def model(model_dir: Path) -> MpnetModel:
    return load_model(Settings(model_dir=model_dir, device="cpu", dtype="float32"))


@pytest.fixture(scope="module")
def reference(model_dir: Path) -> SentenceTransformer:
    return SentenceTransformer(str(model_dir), device="cpu", local_files_only=True)


@pytest.fixture(scope="module")
def server(model_dir: Path) -> Iterator[httpx.Client]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "EMBEDDER_HOST": "127.0.0.1", "EMBEDDER_PORT": str(port)}
    environment["EMBEDDER_MODEL_DIR"] = str(model_dir)
    environment["EMBEDDER_DTYPE"] = "float32"  # to be compared with SentenceTransformer's own
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    process = subprocess.Popen([sys.executable, "-m", "embedder", "serve"], env=environment, stdout=subprocess.PIPE)
    with process, httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        end = time.monotonic() + 120
        while time.monotonic() < end:
            try:
                if client.get("/readyz").status_code == 200:
                    break
            except httpx.TransportError:
                assert process.poll() is None
            time.sleep(0.2)
        yield client
        process.send_signal(signal.SIGTERM)
        log, _ = process.communicate(timeout=30)
        assert process.returncode in {0, -signal.SIGTERM}
        assert b"Berlin" not in log  # no text of a client is logged
        assert b'"route": "/embed"' in log


def test_the_files_are_the_pinned_ones(model_dir: Path) -> None:
    verify(model_dir)


def test_a_folder_without_the_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ChecksumError, match="is missing; fetch the model with"):
        load_model(Settings(model_dir=tmp_path))


def test_the_batchers_vectors_are_sentence_transformers(model: MpnetModel, reference: SentenceTransformer) -> None:
    batcher = Batcher(model.encode, budget=model.info.max_batch_tokens, metrics=Metrics())
    batcher.start()
    rows = [shortened(row, model.info.max_input_length) for row in model.tokenize(TEXTS)]
    got = normalized(batcher.submit(rows).result(120))
    batcher.stop()
    expected = reference.encode(TEXTS)
    assert got.dtype == np.float32
    assert np.abs(got - expected).max() <= 1e-5


def test_the_tokens_are_sentence_transformers(model: MpnetModel, reference: SentenceTransformer) -> None:
    expected = reference.tokenizer(TEXTS, truncation=True, max_length=384)["input_ids"]
    assert [shortened(row, 384) for row in model.tokenize(TEXTS)] == expected


def test_the_self_tests_vectors_are_sentence_transformers(model: MpnetModel, reference: SentenceTransformer) -> None:
    kept = np.load(selftest.REFERENCE)
    assert np.abs(kept - reference.encode(list(selftest.SENTENCES))).max() <= 1e-5
    assert model.info.cosine == pytest.approx(1.0, abs=1e-5)
    assert (model.info.dtype, model.info.refused) == ("float32", None)


def test_bfloat16_is_near_full_precision(model_dir: Path) -> None:
    info = load_model(Settings(model_dir=model_dir, device="cpu", dtype="bfloat16")).info
    assert (info.dtype, info.refused) == ("bfloat16", None)
    assert info.cosine > 0.999


class Inexact(FakeModel):
    """Its vectors have nothing to do with full precision, unless its type is ``right``."""

    def __init__(self, dtype: str, right: str) -> None:
        super().__init__()
        self.info = msgspec.structs.replace(self.info, dtype=dtype)
        self._right = dtype == right

    def encode(self, rows: list[TokenIds]) -> FloatArray:
        return np.load(selftest.REFERENCE) if self._right else super().encode(rows)


@pytest.mark.parametrize(("right", "dtype"), [("bfloat16", "bfloat16"), ("float32", "float32"), ("none", None)])
def test_a_precision_that_differs_too_much_is_refused(
    model_dir: Path, monkeypatch: pytest.MonkeyPatch, right: str, dtype: str | None
) -> None:
    monkeypatch.setattr("embedder.model.verify", lambda _: None)
    monkeypatch.setattr("embedder.model._loaded", lambda _settings, _device, wanted: Inexact(wanted, right))
    settings = Settings(model_dir=model_dir, device="cpu", dtype="bfloat16")
    if dtype is None:
        with pytest.raises(LoadError, match="computes other vectors"):
            load_model(settings)
        return
    info = load_model(settings).info
    assert (info.dtype, info.cosine) == (dtype, pytest.approx(1.0, abs=1e-5))
    assert (info.refused is None) == (right == "bfloat16")
    assert info.refused is None or info.refused.startswith("bfloat16: cosine ")


def test_on_a_gpu_inputs_go_through_pinned_memory(model: MpnetModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is called, as no GPU is here: the transfer itself is not tested."""
    calls: list[object] = []

    class Tensor:
        def pin_memory(self) -> "Tensor":
            calls.append("pinned")
            return self

        def to(self, device: str, *, non_blocking: bool) -> "Tensor":
            calls.append((device, non_blocking))
            return self

    monkeypatch.setattr(model, "info", msgspec.structs.replace(model.info, device="cuda"))
    model._moved(Tensor())
    assert calls == ["pinned", ("cuda", True)]


def test_similar_texts_are_near_and_others_far(model: MpnetModel) -> None:
    vectors = normalized(model.encode(model.tokenize(TEXTS[:3])))
    assert vectors[0] @ vectors[1] > 0.6
    assert vectors[0] @ vectors[2] < 0.3


def test_padding_does_not_change_a_vector(model: MpnetModel) -> None:
    rows = model.tokenize(TEXTS[:4])
    together = model.encode(rows)
    alone = np.concatenate([model.encode([row]) for row in rows])
    assert np.abs(normalized(together) - normalized(alone)).max() <= 1e-5
    ids, mask = padded([[0, 5, 2], [0, 2]], 3, 4)
    assert ids.tolist() == [[0, 5, 2, 1], [0, 2, 1, 1], [1, 1, 1, 1]]
    assert mask.tolist() == [[1, 1, 1, 0], [1, 1, 0, 0], [1, 0, 0, 0]]


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_a_cpu_meets_few_shapes(model: MpnetModel, monkeypatch: pytest.MonkeyPatch, device: str) -> None:
    """Each costs megabytes that are never given back (`embedder.rounding`), however many batches there are."""
    met: set[tuple[int, ...]] = set()

    def forward(ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        met.add(tuple(ids.shape))
        assert int(mask.sum(dim=1).min()) > 0
        return torch.arange(float(len(ids)))[:, None].expand(-1, 768)

    monkeypatch.setattr(model, "_forward", forward)
    monkeypatch.setattr(model, "_moved", lambda tensor: tensor)
    monkeypatch.setattr(model, "info", msgspec.structs.replace(model.info, device=device))
    lengths = range(3, 385, 1)
    batches = [(size, length) for length in lengths for size in range(1, max(CPU_BATCH_TOKENS // length, 1) + 1)]
    for size, length in batches:
        assert model.encode([[0] * length] * size)[:, 0].tolist() == list(range(size))
    assert len(met) == len(batches) if device == "cuda" else len(met) < 160


def test_a_vector_that_is_not_finite_is_an_error(model: MpnetModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "_forward", lambda *_: torch.full((1, 768), torch.inf))
    with pytest.raises(ArithmeticError):
        model.encode([[0, 2]])


def test_packing_is_left_out_where_it_would_change_results(monkeypatch: pytest.MonkeyPatch) -> None:
    layers = torch.nn.Sequential(torch.nn.Linear(8, 8), torch.nn.Linear(8, 4))
    assert cpu.pack_linear_layers(torch.nn.Sequential(torch.nn.ReLU())) == 0
    monkeypatch.setattr(cpu.PackedLinear, "forward", lambda self, rows: rows @ torch.zeros(8, self._bias.shape[0]))
    assert cpu.pack_linear_layers(layers) == 0
    monkeypatch.undo()
    rows = torch.randn(3, 8)
    expected = layers(rows)
    assert cpu.pack_linear_layers(layers) == 2
    with torch.inference_mode():
        assert torch.allclose(layers(rows), expected, atol=1e-6)

    def missing(_: object) -> None:
        raise AttributeError("no such operator")

    monkeypatch.setattr(cpu, "PackedLinear", missing)
    assert cpu.pack_linear_layers(torch.nn.Sequential(torch.nn.Linear(8, 8))) == 0


def test_both_routes_give_the_same_vectors_over_http(server: httpx.Client, reference: SentenceTransformer) -> None:
    expected = reference.encode(TEXTS)
    tei = server.post("/embed", json={"inputs": TEXTS, "truncate": True}).raise_for_status()
    floats = server.post("/v1/embeddings", json={"input": TEXTS, "model": "all-mpnet-base-v2"}).raise_for_status()
    coded = server.post("/v1/embeddings", json={"input": TEXTS, "encoding_format": "base64"}).raise_for_status()
    vectors = [
        tei.json(),
        [row["embedding"] for row in floats.json()["data"]],
        [np.frombuffer(base64.b64decode(row["embedding"]), "<f4") for row in coded.json()["data"]],
    ]
    for got in vectors:
        assert np.abs(np.asarray(got) - expected).max() <= 1e-5
    assert floats.json()["usage"]["truncated_inputs"] == [6]
    assert tei.headers["x-truncated-inputs"] == "1"
    assert server.post("/embed", json={"inputs": TEXTS}).status_code == 413


def test_concurrent_clients_each_get_their_own_vector(server: httpx.Client, reference: SentenceTransformer) -> None:
    texts = [f"device {number} in Berlin reports error {number * 37}" for number in range(40)]
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda text: server.post("/embed", json={"inputs": text}).json()[0], texts))
    assert np.abs(np.asarray(answers) - reference.encode(texts)).max() <= 1e-5


def test_info_and_memory_of_the_process(server: httpx.Client) -> None:
    info = server.get("/info").json()
    assert (info["dim"], info["max_input_length"], info["model_type"]) == (768, 384, {"embedding": {"pooling": "mean"}})
    line = next(line for line in server.get("/metrics").text.splitlines() if line.startswith("process_resident_memory"))
    if info["device"] == "cpu":
        assert float(line.split()[1]) <= 1.2e9
