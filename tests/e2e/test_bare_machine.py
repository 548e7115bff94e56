"""The README's two commands on a machine with nothing but Python 3.11, git and make."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
BUNDLE = "etc/ssl/certs/ca-certificates.crt"
PACKAGES = "python3,python3-venv,git,make,ca-certificates"


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


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A root with Python, venv, git and make, this machine's way to the packages, and a clone of the project."""
    reason = why_not()
    if reason:
        pytest.skip(reason)
    root = tmp_path_factory.mktemp("bare")
    command = ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", release(), str(root), str(mirror())]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"no bare root could be made: {made.stdout.splitlines()[-1:]}")
    for file in ("etc/resolv.conf", "etc/hosts", "etc/pip.conf", "root/.config/pip/pip.conf", BUNDLE):
        if Path("/", file).is_file():
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            (root / file).unlink(missing_ok=True)
            shutil.copy(Path("/", file), root / file)
    subprocess.run(["git", "clone", "--quiet", ROOT, root / "project"], check=True)
    with mounted(root):
        yield root
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


def inside(root: Path, script: str) -> subprocess.CompletedProcess[str]:
    """What a shell in the root says, with nothing of this machine's environment but the way to the packages."""
    kept = {k: v for k, v in os.environ.items() if re.match(r"(PIP|UV|SSL|REQUESTS)_|https?_proxy|no_proxy", k, re.I)}
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8", **kept}
    command = ["chroot", str(root), "/bin/sh", "-c", f"cd /project && {script}"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


SERVE = r"""
make serve PORT=8765 >/tmp/said 2>&1 &
until grep -q '^Stop' /tmp/said || ! kill -0 $! 2>/dev/null; do :; done
cat /tmp/said
python3 - <<'END'
import re, urllib.request
said = open('/tmp/said').read()
for address in (re.search(r'Open +(\S+)', said)[1], re.search(r'Take +curl -OJ (\S+)', said)[1]):
    with urllib.request.urlopen(address) as answer:
        print('ANSWER', answer.status, address, len(answer.read()))
END
kill $! ; wait
"""


def test_make_serve_serves_a_page_and_a_template(bare: Path) -> None:
    result = inside(bare, SERVE)
    answers = re.findall(r"^ANSWER 200 (\S+) (\d+)$", result.stdout, re.MULTILINE)
    assert len(answers) == 2, result.stdout + result.stderr
    assert all(int(size) > 1000 for _, size in answers)
    assert "libglib2.0-0" in result.stdout, "one line names the packages the diagrams need"


def test_make_test_runs_and_says_why_it_skips(bare: Path) -> None:
    result = inside(bare, "make quick")
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-2000:]


def test_no_venv_module_is_one_clear_sentence(bare: Path) -> None:
    hide = "home=$(python3 -c 'import os, ensurepip; print(os.path.dirname(ensurepip.__file__))') && mv $home /tmp/away"
    result = inside(bare, f"{hide} && make serve VENV=/tmp/none; code=$?; mv /tmp/away $home; exit $code")
    assert result.returncode == 2
    assert "install python3-venv" in result.stdout
