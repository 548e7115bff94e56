"""Workflows as they lie in the repository, run on this machine: the exact `run:` texts with the exact rights."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from shelf import Shelf

ROOT = Path(__file__).parents[2]
WORKFLOWS = ROOT / ".github" / "workflows"
_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
_LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", "build", "node_modules", "__pycache__", ".*_cache", "tests", "bench"
)


def workflow(name: str) -> dict[str, Any]:
    """A workflow as data; YAML 1.1 reads the key `on` as a truth value."""
    found: dict[Any, Any] = yaml.safe_load((WORKFLOWS / f"{name}.yml").read_text(encoding="utf-8"))
    found["on"] = found.pop(True, found.get("on"))
    return found


def project_files() -> dict[str, str | bytes | None]:
    """Everything a checkout of the default branch holds that a job needs."""
    found: dict[str, str | bytes | None] = {}
    for folder, folders, names in os.walk(ROOT):
        ignored = _LEFT_OUT(folder, [*folders, *names])
        folders[:] = [name for name in folders if name not in ignored]
        for name in set(names) - ignored:
            file = Path(folder, name)
            if file.is_file() and not file.is_symlink():
                found[file.relative_to(ROOT).as_posix()] = file.read_bytes()
    return found


@dataclass
class Job:
    """One job on a machine of its own. `said` is everything it printed, `outputs` what its steps put out."""

    folder: Path
    environment: dict[str, str]
    said: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    code: int = 0


@dataclass
class Runner:
    """Runs jobs. `words` are the values of expressions: `github.token` is each job's own."""

    shelf: Shelf
    room: Path
    words: dict[str, str] = field(default_factory=dict)
    jobs: int = 0

    def run(self, name: str, job: str, *, ref: str = "main", brought: Mapping[str, bytes] | None = None) -> Job:
        """Check out, put down what an artifact brings, and run every `run:` of a job until one fails."""
        found = workflow(name)
        wanted = found["jobs"][job]
        token = self.shelf.github.actions_token(self.shelf.repository, _rights(wanted["permissions"]))
        words = {"github.token": token, "vars.THREATSHELF_BOT": "", "secrets.THREATSHELF_APP_KEY": ""} | self.words
        made = self._machine(ref)
        for path, data in (brought or {}).items():
            (made.folder / path).write_bytes(data)
        made.environment |= _values(found.get("env", {}), words)
        for step in wanted["steps"]:
            if "run" in step and made.code == 0:
                self._step(made, step, words)
        return made

    def _machine(self, ref: str) -> Job:
        self.jobs += 1
        folder = self.room / f"job{self.jobs}"
        url = f"{self.shelf.github.url}/{self.shelf.repository.full_name}.git"
        _git("clone", "--quiet", "--no-checkout", url, str(folder))
        _git("-C", str(folder), "checkout", "--quiet", ref)
        _install(folder)
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.room),
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": self.shelf.github.url,
            "GITHUB_SERVER_URL": self.shelf.github.url,
            "GITHUB_REPOSITORY": self.shelf.repository.full_name,
            "GITHUB_OUTPUT": str(folder.with_suffix(".output")),
            "THREATSHELF_PACE": "0",
        }
        return Job(folder, environment)

    def _step(self, job: Job, step: dict[str, Any], words: Mapping[str, str]) -> None:
        environment = job.environment | _values(step.get("env", {}), words)
        script = job.folder.with_suffix(".sh")
        script.write_text(step["run"], encoding="utf-8")
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=job.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        job.said += done.stdout + done.stderr
        job.code = done.returncode
        output = Path(environment["GITHUB_OUTPUT"])
        lines = output.read_text(encoding="utf-8").splitlines() if output.is_file() else []
        job.outputs |= dict(line.split("=", 1) for line in lines)


def _rights(permissions: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("-", "_"): right for name, right in permissions.items()}


def _values(env: Mapping[str, str], words: Mapping[str, str]) -> dict[str, str]:
    return {name: _EXPRESSION.sub(lambda match: words[match[1]], str(value)) for name, value in env.items()}


def _git(*arguments: str) -> None:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    subprocess.run(["git", *arguments], check=True, capture_output=True, env=environment)


def _install(folder: Path) -> None:
    """An environment that is ready: `make` has nothing to do, and the command runs this project's own code."""
    programs = folder / ".venv" / "bin"
    programs.mkdir(parents=True)
    paths = os.pathsep.join(str(path) for path in (ROOT, *filter(None, sys.path)))
    command = programs / "threatshelf"
    command.write_text(
        f"#!/bin/sh\nPYTHONPATH='{paths}' exec '{sys.executable}' -c "
        "'import sys; from registry.cli import main; sys.exit(main())' \"$@\"\n",
        encoding="utf-8",
    )
    command.chmod(0o755)
    (folder / ".venv" / ".ready").touch()
