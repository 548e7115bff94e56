"""Whole checks of generated templates of 60 KB: beside other programs, and how time and memory grow."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import partial
from itertools import pairwise
from pathlib import Path

import yaml

from bench.generated import shelf, template
from bench.measure import Row, best, environment, milliseconds, scaled, seconds
from schema import shipped
from schema.check import check

ROOT = Path(__file__).parents[1]
SCHEMA = ROOT / "schema" / "v1" / "template.schema.json"
OURS = Path(sys.executable).with_name("threatshelf")
MANY, FEW = scaled(100), 20
"""Templates for those who are quick, and for the others, whose time is told per template."""
CHECK_JSONSCHEMA = "check-jsonschema==0.39.0"
AJV = "ajv-cli@5.0.0"
Command = Callable[[Sequence[Path]], list[str | Path]]


def many() -> Iterator[Row]:
    """The same templates: every rule and every position of ours, the schema alone of the others, libyaml's events."""
    with tempfile.TemporaryDirectory() as folder:
        room = Path(folder)
        files = shelf(room, MANY)
        events = seconds(partial(_events, files)) / MANY
        beside = f"libyaml's events, one core: {milliseconds(events)}"
        one = sorted(os.sched_getaffinity(0))[:1]
        for what, command in (
            (f"ours, {len(os.sched_getaffinity(0))} cores", _ours(files)),
            ("ours, one core", ["taskset", "-c", *map(str, one), *_ours(files)]),
        ):
            spent = seconds(partial(_run, command)) / MANY
            yield f"{what}, per template of {MANY}", milliseconds(spent), beside, f"{spent / events:.1f} x"
        for name, command in (("check-jsonschema", _check_jsonschema(room)), ("ajv-cli", _ajv(room))):
            what = f"{name}, schema alone, per template of {FEW}"
            if command is None:
                yield what, "cannot be installed here", beside, "-"
                continue
            spent = seconds(partial(_run, command(files[:FEW]))) / FEW
            yield what, milliseconds(spent), beside, f"{spent / events:.1f} x"


def templates() -> Iterator[Row]:
    """The largest process of a check, and what each further template costs, for more and more templates."""
    with tempfile.TemporaryDirectory() as folder:
        files = shelf(Path(folder), MANY)
        begun, least = _cost(_ours(files[:10]))
        first = 0.0
        for number in (MANY // 2, MANY):
            spent, most = _cost(_ours(files[:number]))
            yield f"memory for {number} templates", f"{most} MiB", f"for 10: {least} MiB", f"{most / least:.2f} x"
            more = (spent - begun) / (number - 10)
            first = first or more
            what = f"each template more, up to {number}"
            yield what, milliseconds(more), f"up to {MANY // 2}: {milliseconds(first)}", f"{more / first:.2f} x"


def growing() -> Iterator[Row]:
    """What each further threat and each further flow costs: a ratio of 1 is a straight line."""
    yield from _curve("threat", (10, 50, 100, 200, 400), lambda number: template(1, threats=number))
    yield from _curve("flow", (10, 40, 80, 140), lambda number: template(1, flows=number))


def _curve(what: str, numbers: Sequence[int], made: Callable[[int], str]) -> Iterator[Row]:
    facts = shipped.facts(date(2026, 11, 20))
    spent = [best(partial(check, made(number).encode(), "t", facts), 9) for number in numbers]
    more = [(b - a) / (n - m) for (a, m), (b, n) in pairwise(zip(spent, numbers, strict=True))]
    for number, whole, each in zip(numbers[1:], spent[1:], more, strict=True):
        beside = f"{milliseconds(each)} each, the first {numbers[1]}: {milliseconds(more[0])}"
        yield f"check: {number} {what}s", milliseconds(whole), beside, f"{each / more[0]:.2f} x"


def _events(files: Sequence[Path]) -> None:
    for file in files:
        for _ in yaml.parse(file.read_bytes(), Loader=yaml.CSafeLoader):
            pass


def _ours(files: Sequence[Path]) -> list[str | Path]:
    return [OURS, "check", *files]


def _run(command: list[str | Path]) -> None:
    """Whatever it finds: the others take dates for no text."""
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, env=environment())


_TOLD = (
    "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL);"
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
)
"""A small process in between: Linux counts what the process that starts another held as the other's own."""


def _cost(command: list[str | Path]) -> tuple[float, int]:
    """Seconds, and MiB of the process, or of the largest of those that it started where that is more."""
    begun = time.perf_counter()
    between = [sys.executable, "-c", _TOLD, *command]
    said = subprocess.run(between, capture_output=True, text=True, check=True, env=environment()).stdout
    return time.perf_counter() - begun, int(said) // 1024


def _check_jsonschema(room: Path) -> Command | None:
    """From the package index into an environment of its own."""
    home = room / "check-jsonschema"
    venv.create(home, with_pip=True)
    pip = [home / "bin" / "pip", "install", "-q", "--disable-pip-version-check", CHECK_JSONSCHEMA]
    if subprocess.run(pip, capture_output=True, check=False).returncode:
        return None
    return lambda files: [home / "bin" / "check-jsonschema", "--schemafile", SCHEMA, *files]


def _ajv(room: Path) -> Command | None:
    """From the npm registry into a folder of its own; None without npm."""
    npm = shutil.which("npm")
    if npm is None:
        return None
    home = room / "ajv"
    home.mkdir()
    command = [npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", home, AJV]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        return None
    ajv = [home / "node_modules" / ".bin" / "ajv", "validate", "--spec=draft2020", "--strict=false", "-s", SCHEMA]
    return lambda files: [*ajv, *(part for file in files for part in ("-d", file))]
