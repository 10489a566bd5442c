"""Settings of the service, read from `EMBEDDER_*` environment variables."""

import math
import os
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

CPU_BATCH_TOKENS = 512
GPU_BATCH_TOKENS = 32_768
GPU_SMALL_BATCH_TOKENS = 4_096
"""Padded tokens up to which a pass takes a GPU no longer than one short text (measured on an H200)."""


class Settings(BaseSettings):
    """Every setting; the field `max_queue` is the variable `EMBEDDER_MAX_QUEUE`, and so on."""

    model_config = SettingsConfigDict(
        env_prefix="EMBEDDER_", extra="ignore", protected_namespaces=(), allow_inf_nan=False
    )

    host: str = Field(default="0.0.0.0", description="Address that the server listens on.")
    port: int = Field(default=8001, ge=0, le=65_535, description="TCP port; 0 takes a free one.")
    model_dir: Path = Field(
        default=Path(".cache/models/all-mpnet-base-v2"),
        description="Folder of the model; `embedder fetch-model` fills it. Checked against pinned checksums.",
    )
    device: Literal["auto", "cuda", "cpu"] = Field(
        default="auto", description="`auto` takes a GPU where torch finds one."
    )
    dtype: Literal["auto", "float32", "float16", "bfloat16"] = Field(
        default="auto",
        description="Precision of the weights; `auto` is float16 on a GPU, bfloat16 on a CPU that computes with it "
        "(AVX512-BF16, AMX), else float32.",
    )
    threads: int = Field(
        default=0, ge=0, le=512, description="CPU threads of torch; 0 takes what the container may use."
    )
    cpu_packed: bool = Field(
        default=True, description="On a CPU, pack the weights for oneDNN: a short text takes about a third less time."
    )
    max_batch_tokens: int = Field(
        default=0,
        ge=0,
        description=f"Padded tokens of a batch; 0: {CPU_BATCH_TOKENS} on a CPU, {GPU_BATCH_TOKENS} on a GPU.",
    )
    max_queue: int = Field(default=512, ge=1, description="Texts admitted and not yet answered; beyond it, 429.")
    max_inputs: int = Field(default=256, ge=1, description="Texts of one request; beyond it, 413. At most `max_queue`.")
    max_body_bytes: int = Field(default=2_097_152, ge=1_024, description="Bytes of one request's body; beyond it, 413.")
    max_concurrency: int = Field(default=64, ge=1, description="POST requests in progress; beyond it, 429.")
    request_timeout_s: float = Field(
        default=30.0, gt=0, description="Seconds that one POST may take in all; beyond it, 503."
    )
    openai_truncate: bool = Field(
        default=True,
        description="`/v1/embeddings`: cut a too long input and say so (true), or answer 413 (false).",
    )
    shutdown_grace_s: int = Field(default=20, ge=0, description="Seconds that requests in progress get at shutdown.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Lowest level that is logged."
    )
    log_format: Literal["json", "console"] = Field(
        default="json", description="`json` (an object a line) or `console`."
    )

    @model_validator(mode="after")
    def _one_request_fits_the_queue(self) -> Self:
        if self.max_inputs > self.max_queue:
            raise ValueError("EMBEDDER_MAX_INPUTS must not exceed EMBEDDER_MAX_QUEUE: such a request never fits")
        return self


def available_cpus(cgroup: Path = Path("/sys/fs/cgroup/cpu.max")) -> int:
    """CPUs that this process may use: its affinity, and its container's quota (cgroup v2) where there is one."""
    cpus = len(os.sched_getaffinity(0))
    try:
        quota, period = cgroup.read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return cpus
    return cpus if quota == "max" else max(1, min(cpus, math.ceil(int(quota) / int(period))))
