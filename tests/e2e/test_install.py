"""The server on a machine without network, and by the steps of the Containerfile."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
USER = "10001:10001"


@pytest.fixture(scope="module")
def wheels() -> Path:
    """The folder that `make wheels` fills; the environment of these tests stays as it is."""
    made = subprocess.run(
        ["make", "--old-file=.venv/.ready", "wheels"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if made.returncode:
        pytest.skip(f"the wheels cannot be had here: {made.stderr.splitlines()[-1:]}")
    return ROOT / "build" / "wheels"


@contextmanager
def serving(command: list[object], **environment: str) -> Iterator[str]:
    """The address of a server that was started so, as soon as it answers."""
    process = subprocess.Popen(
        [*map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdout
    assert process.stderr
    try:
        found = next((match[1] for line in process.stdout if (match := re.match(r"Open +(http://[^/]+)/", line))), None)
        assert found, process.stderr.read()
        yield found.replace("0.0.0.0", "127.0.0.1")  # noqa: S104  # where it listens is not where it is asked
    finally:
        process.terminate()
        process.communicate(timeout=60)


def test_a_folder_of_wheels_is_all_that_is_needed(wheels: Path, tmp_path: Path) -> None:
    alone = ["unshare", "--net"] if os.geteuid() == 0 and shutil.which("unshare") else []
    subprocess.run(["python3", "-m", "venv", tmp_path / "venv"], check=True)
    pip = [tmp_path / "venv/bin/pip", "install", "-q", "--disable-pip-version-check", "--no-index"]
    install = [*alone, *pip, "--find-links", wheels, "threatshelf"]
    done = subprocess.run(install, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]

    program = tmp_path / "venv/bin/threatshelf"
    template = ROOT / "templates/local-coding-assistant/template.yaml"
    check = subprocess.run([program, "check", template], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (check.returncode, check.stdout) == (0, f"{template}: nothing to mend\n")
    url = f"sqlite:///{tmp_path}/catalogue.db"
    with serving([program, "serve", "--kept", "--port", "0"], THREATSHELF_DATABASE_URL=url) as address:
        assert httpx.get(f"{address}/healthz", timeout=30).status_code == 200
        assert httpx.get(f"{address}/readyz", timeout=30).json()["code"] == "nothing-published"
        checked = httpx.post(f"{address}/v1/check", content=template.read_bytes(), timeout=60)
        assert checked.json()["ok"] is True


def steps() -> list[tuple[str, str]]:
    lines = (ROOT / "deploy/Containerfile").read_text("utf-8").splitlines()
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines) if word and word != "#"]


def take(bare: Any) -> dict[str, str]:
    """Every step that makes something, both stages in one root; what the others say, by their word."""
    told: dict[str, str] = {}
    for word, rest in steps():
        if word == "RUN":
            done = bare.inside(rest)
            assert done.returncode == 0, f"{rest}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        elif word == "COPY" and rest.startswith("--from=build "):
            _, source, place = rest.split()
            assert source == place, "a program made of venv cannot be moved"
        elif word == "COPY":
            source, place = rest.split()
            copy = shutil.copytree if (ROOT / source).is_dir() else shutil.copy
            copy(ROOT / source, bare.root / place.lstrip("/"))
        else:
            told[word] = rest
    return told


# Its own mounts, seen by nobody else: the root read-only, and the two places that a container gets to write to.
CONTAINED = f"""
mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" &&
mount -t tmpfs tmpfs "$0/tmp" && mount -t tmpfs -o uid=10001,gid=10001 tmpfs "$0/var/lib/threatshelf" &&
cd "$0" && exec chroot --userspec={USER} "$0" "$@"
"""


@pytest.mark.usefixtures("wheels")
def test_the_steps_of_the_containerfile_make_a_server_that_needs_no_root(bare: Any) -> None:
    told = take(bare)
    assert told["USER"] == USER
    environment = dict(pair.split("=", 1) for pair in told["ENV"].split())
    assert environment["THREATSHELF_HOST"] == "0.0.0.0"  # noqa: S104  # in a container of its own
    url = f"sqlite:///{told['WORKDIR']}/catalogue.db"
    environment |= {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "THREATSHELF_DATABASE_URL": url, "THREATSHELF_PORT": "0"}
    command = [*json.loads(told["ENTRYPOINT"]), *json.loads(told["CMD"])]
    with serving(["unshare", "--mount", "sh", "-c", CONTAINED, bare.root, *command], **environment) as address:
        assert httpx.get(f"{address}/healthz", timeout=30).status_code == 200
        assert httpx.get(f"{address}/readyz", timeout=30).json()["code"] == "nothing-published"
        assert httpx.post(f"{address}/v1/check", content=b"a: 1", timeout=60).json()["ok"] is False
