"""What end-to-end tests share: a machine with nothing on it but a Debian, Python, git and make."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUNDLE = "etc/ssl/certs/ca-certificates.crt"
PACKAGES = "python3,python3-venv,git,make,ca-certificates"


@dataclass(frozen=True)
class Bare:
    """A folder that is such a machine's root, with a clone of the project in /project."""

    root: Path

    def inside(self, script: str) -> subprocess.CompletedProcess[str]:
        """What a shell in /project says."""
        command = ["chroot", str(self.root), "/bin/sh", "-c", f"cd /project && {script}"]
        return subprocess.run(command, env=self.environment(), capture_output=True, text=True, check=False)

    @staticmethod
    def environment() -> dict[str, str]:
        """Nothing of this machine's but the way to the packages."""
        way = re.compile(r"(PIP|UV|SSL|REQUESTS)_|https?_proxy|no_proxy", re.IGNORECASE)
        kept = {name: value for name, value in os.environ.items() if way.match(name)}
        return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8", **kept}


def why_not() -> str | None:
    """Why no bare root can be made here; None when it can."""
    if os.geteuid() != 0:
        return "a bare root needs root's rights"
    if shutil.which("debootstrap") is None:
        return "debootstrap is not installed: apt-get install debootstrap"
    if mirror() is None:
        return "no package source of this machine holds a Debian release to make a bare root from"
    return None


def release() -> str:
    """This machine's own Debian release by its code name."""
    text = Path("/etc/os-release").read_text(encoding="utf-8")
    found = re.search(r"^VERSION_CODENAME=(\w+)$", text, re.MULTILINE)
    return found[1] if found else "stable"


def mirror() -> str | None:
    """The first of this machine's package sources that holds the release; both forms of source lists are read."""
    files = [Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("*"))]
    lists = [file.read_text(encoding="utf-8") for file in files if file.is_file()]
    stanzas = [stanza for text in lists for stanza in text.split("\n\n")]
    for stanza in stanzas:
        uri = re.search(r"^URIs: *(\S+)", stanza, re.MULTILINE)
        if uri and re.search(rf"^Suites:.*\b{release()}(\s|$)", stanza, re.MULTILINE):
            return uri[1]
    lines = [re.match(rf"deb (?:\[[^]]*\] )?(\S+) {release()} ", line) for text in lists for line in text.splitlines()]
    return next((line[1] for line in lines if line), None)


@pytest.fixture(scope="session")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bare]:
    """A root with Python, venv, git and make, this machine's way to the packages, and a clone of the project."""
    reason = why_not()
    if reason:
        pytest.skip(reason)
    root = tmp_path_factory.mktemp("bare")
    command = ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", release(), str(root), str(mirror())]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"no bare root could be made: {made.stdout.splitlines()[-1:]}")
    root.chmod(0o755)  # as a machine's root is; pytest's folders are closed to other users
    for file in ("etc/resolv.conf", "etc/hosts", "etc/pip.conf", "root/.config/pip/pip.conf", BUNDLE):
        if Path("/", file).is_file():
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            (root / file).unlink(missing_ok=True)
            shutil.copy(Path("/", file), root / file)
    subprocess.run(["git", "clone", "--quiet", ROOT, root / "project"], check=True)
    with mounted(root):
        yield Bare(root)
    shutil.rmtree(root)


MOUNTS = (("proc", "proc"), ("devpts", "dev/pts"))
"""What a running machine has and a folder has not."""


@contextmanager
def mounted(root: Path) -> Iterator[None]:
    for kind, place in MOUNTS:
        subprocess.run(["mount", "-t", kind, kind, root / place], check=True)
    try:
        yield
    finally:
        for _, place in reversed(MOUNTS):
            subprocess.run(["umount", root / place], check=True)
