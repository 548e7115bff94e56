"""`make bench`: speed and memory as ratios against a peer or a limit, measured in the same run, in one table."""

import csv
import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import jsonschema
import uvicorn
import yaml
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from bench.checking import growing, many, templates
from bench.measure import Row, median, milliseconds
from registry import publish
from registry.main import build_app
from registry.settings import Settings
from registry.store.catalogue import url_of
from schema import shipped, structure
from schema.check import check
from schema.document import Document, read
from schema.rules import mitigation_specific
from schema.suggestion import examples, recall

ROOT = Path(__file__).parents[1]
TEMPLATE = ROOT / "templates" / "local-coding-assistant" / "template.yaml"
FACTS = shipped.facts(date(2026, 11, 20))


def reading() -> Iterator[Row]:
    """The strict reader with positions beside libyaml's own loader without."""
    source = TEMPLATE.read_bytes()
    ours = median(lambda: read(source, "t"), 15)
    peer = median(lambda: yaml.load(source, Loader=yaml.CSafeLoader), 15)
    what = f"read {len(source) // 1024} KiB of YAML with positions"
    yield what, milliseconds(ours), f"PyYAML CSafeLoader, no positions: {milliseconds(peer)}", f"{ours / peer:.1f} x"


def judging() -> Iterator[Row]:
    """Our schema engine beside the reference one, and the whole check beside the reading."""
    source = TEMPLATE.read_bytes()
    document = read(source, "t")
    if not isinstance(document, Document):
        raise SystemExit(f"{TEMPLATE} cannot be read")
    data = structure.typed(document, FACTS.schema)
    oracle = jsonschema.Draft202012Validator(dict(FACTS.schema))
    ours = median(lambda: list(structure.problems(data, FACTS.schema)), 15)
    peer = median(lambda: list(oracle.iter_errors(data)), 5)
    yield "hold it against the schema", milliseconds(ours), f"jsonschema: {milliseconds(peer)}", f"{ours / peer:.3f} x"
    whole = median(lambda: check(source, "t", FACTS), 7)
    alone = median(lambda: read(source, "t"), 15)
    yield "check it: every rule", milliseconds(whole), f"reading alone: {milliseconds(alone)}", f"{whole / alone:.1f} x"


def starting() -> Iterator[Row]:
    """A whole process, as a pre-commit hook starts it."""
    command = [Path(sys.executable).with_name("threatshelf"), "check", TEMPLATE]
    ours = median(lambda: subprocess.run(command, stdout=subprocess.DEVNULL, check=True), 5)
    peer = median(lambda: subprocess.run([sys.executable, "-c", "import yaml"], check=True), 5)
    yield (
        "threatshelf check, whole process",
        milliseconds(ours),
        f"python -c 'import yaml': {milliseconds(peer)}",
        f"{ours / peer:.1f} x",
    )


def hostile() -> Iterator[Row]:
    """Memory for the worst megabyte somebody may send; the limit is half of a small machine."""
    code = (
        "import resource, sys; from datetime import date; from schema import shipped; from schema.check import check;"
        "facts = shipped.facts(date(2026, 11, 20)); before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss;"
        "worst = (b'['*1000000, b'a: {'*200000, b'k: [' + b'1,'*499000 + b']', b'- a\\n'*99000);"
        "[check(source, 't', facts) for source in worst];"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    grown = int(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout) // 1024
    limit = 256
    yield (
        "check four hostile files of 1 MB: memory",
        f"{grown} MiB more",
        f"limit: {limit} MiB",
        f"{grown / limit:.2f} x",
    )


@contextmanager
def running(app: object) -> Iterator[int]:
    """The port of a server of this application, in a thread."""
    config = uvicorn.Config(app, port=0, log_level="error")  # type: ignore[arg-type]  # any ASGI application
    server = uvicorn.Server(config)
    listener = config.bind_socket()
    listener.listen()
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()


def per_second(port: int, path: str, headers: dict[str, str]) -> float:
    """Answers per second on one connection that stays open."""
    connection = HTTPConnection("127.0.0.1", port)

    def ask() -> None:
        connection.request("GET", path, headers=headers)
        connection.getresponse().read()

    for _ in range(50):
        ask()
    begun = time.perf_counter()
    for _ in range(600):
        ask()
    return 600 / (time.perf_counter() - begun)


def serving() -> Iterator[Row]:
    """A read over the API beside the same bytes from a bare Starlette route; an unchanged file beside a whole one."""
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder, "c.sqlite")
        begun = time.perf_counter()
        publish.throw_away(ROOT, database, datetime.now(UTC).date(), lambda _step: None)
        spent = time.perf_counter() - begun
        body = TEMPLATE.read_bytes()
        bare = Starlette(routes=[Route("/t", lambda _request: Response(body))])
        path = "/v1/templates/local-coding-assistant.yaml"
        with running(build_app(Settings(database_url=url_of(database)))) as ours, running(bare) as peer:
            whole, plain = per_second(ours, path, {}), per_second(peer, "/t", {})
            connection = HTTPConnection("127.0.0.1", ours)
            connection.request("HEAD", path)
            tag = str(connection.getresponse().getheader("etag"))
            same = per_second(ours, path, {"If-None-Match": tag})
        yield (
            "GET a template, one connection",
            f"{whole:.0f}/s",
            f"bare Starlette route: {plain:.0f}/s",
            f"{whole / plain:.2f} x",
        )
        yield "the same, unchanged (304)", f"{same:.0f}/s", f"whole file: {whole:.0f}/s", f"{same / whole:.2f} x"
        checked = median(lambda: check(body, "t", FACTS), 5)
        yield (
            "publish the working tree",
            milliseconds(spent),
            f"checking it: {milliseconds(checked)}",
            f"{spent / checked:.1f} x",
        )


def visiting() -> Iterator[Row]:
    """GitHub calls and time of our own code for the visits of one pull request, beside the limits we set ourselves."""
    sys.path.insert(0, str(ROOT / "tests" / "github"))
    from github_fake import FakeGitHub  # noqa: PLC0415  # the tests' own fake, over real HTTP on loopback
    from shelf import STORY, Shelf, faulty, story  # noqa: PLC0415  # likewise

    with FakeGitHub() as github:
        shelf = Shelf.on(github)
        pull = shelf.from_fork({STORY: faulty()})
        yield _visit(shelf, pull, "first visit, two faults", 12)
        pull.push({STORY: story()}, by=shelf.newcomer)
        yield _visit(shelf, pull, "mended", 12)
        yield _visit(shelf, pull, "nothing changed", 5)
        pull.comment("/assess", by=shelf.maintainer)
        yield _visit(shelf, pull, "/assess: ids reserved", 16)
        pull.approve(by=shelf.maintainer)
        yield _visit(shelf, pull, "approved: ids suggested", 16)


def _visit(shelf: Any, pull: Any, what: str, limit: int) -> Row:
    begun = time.perf_counter()
    with shelf.counting() as calls:
        shelf.visit(pull)
    spent = time.perf_counter() - begun
    return (
        f"visit: {what}",
        f"{len(calls)} calls, {milliseconds(spent)}",
        f"limit: {limit} calls",
        f"{len(calls) / limit:.2f} x",
    )


def suggesting() -> Iterator[Row]:
    """Suggestions for threats that are left out in turn, the category not known and known; in the top 1, 3 and 5."""
    template = check(TEMPLATE.read_bytes(), "t", FACTS).template
    worked = tuple(examples(shipped.vocabularies(), [template] if template else []))
    figures = recall(shipped.vocabularies(), worked)
    free, given = figures["technique"], figures["technique in its category"]
    for place, (ours, peer) in zip((1, 3, 5), zip(free, given, strict=True), strict=True):
        what = f"right technique in the first {place} suggested"
        yield what, f"{ours:.2f}", f"the category given: {peer:.2f}", f"{peer / ours:.1f} x"


def telling() -> Iterator[Row]:
    """Vague mitigations told from specific ones: on the sentences the rule's words were chosen with, and on others."""
    for name in ("vague-mitigations", "vague-mitigations-unseen"):
        with (ROOT / "tests" / "data" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            rows = [(row["label"] == "vague", row["sentence"]) for row in csv.DictReader(file)]
        found = [vague for vague, sentence in rows if mitigation_specific.is_general(sentence)]
        precision, recalled = sum(found) / len(found), sum(found) / sum(vague for vague, _ in rows)
        yield f"{name}: precision", f"{precision:.2f}", f"recall: {recalled:.2f}", f"{recalled / precision:.1f} x"


def main() -> None:
    """Measure everything and print one table; `--format json` prints it for machines."""
    rows: list[Row] = []
    for part in (reading, judging, starting, many, templates, growing, hostile, serving, visiting, suggesting, telling):
        print(f"measuring: {part.__name__} ...", file=sys.stderr, flush=True)
        rows += part()
    if "json" in sys.argv:
        print(json.dumps([dict(zip(("what", "ours", "beside", "ratio"), row, strict=True)) for row in rows], indent=2))
        return
    head = ("what", "ours", "beside", "ratio")
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(4)]
    for row in (head, *rows):
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    print(f"memory of this run at most: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB")


main()
