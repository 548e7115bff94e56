"""What a catalogue costs as it grows: publishing all of it or one change, starting, memory, a page, a search.

The templates are made up, each in one version of 20 KB with 12 threats, in a git checkout with the ledger of their ids;
`BENCH_SCALE` says how many the larger of the two catalogues has (100), the smaller has a tenth.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench import servers
from bench.measure import Row, at_least, at_most, milliseconds, processor, scaled, seconds
from bench.servers import Server
from bench.shelves import Shelf
from registry.publish import Source, publish
from registry.store.catalogue import Store, open_store, url_of

PAGE = "/v1/catalog/1.json"
SEARCH = "/v1/search?q=draft"
FILE = "/v1/templates/generated-0000.yaml"
PER_SECOND, START, MEMORY = 15, 1.5, 200


@dataclass(frozen=True)
class Cost:
    """Of one catalogue; seconds (`started`: of a core), `rate` templates in a second of a core, `memory` MiB."""

    whole: float
    rate: float
    one: float
    start: float
    started: float
    memory: int
    page: float
    search: float


def publishing() -> Iterator[Row]:
    """The larger catalogue beside its aims, and beside one of a tenth."""
    number = scaled(100)
    few, many = _cost(number // 10), _cost(number)
    yield (
        f"publish {number} templates, one core",
        f"{many.whole:.1f} s, {many.rate:.1f}/s of a core",
        f"aim: {PER_SECOND}/s of a core",
        *at_least(many.rate / PER_SECOND, 1),
    )
    start = f"{many.start:.1f} s, {many.started:.2f} s of a core"
    held = f"{many.memory} MiB"
    yield f"start over {number} templates", start, f"aim: {START} s of a core", *at_most(many.started / START, 1)
    yield f"memory of a server of {number}", held, f"aim: {MEMORY} MiB", *at_most(many.memory / MEMORY, 1)
    for what, ours, peer in (
        ("one changed template published", many.one, few.one),
        ("start, of a core", many.started, few.started),
        ("a page of the list", many.page, few.page),
        ("a search over HTTP", many.search, few.search),
    ):
        beside = f"among {number // 10}: {milliseconds(peer)}"
        yield f"{what}, among {number}", milliseconds(ours), beside, f"{ours / peer:.2f} x"


def _cost(number: int) -> Cost:
    with tempfile.TemporaryDirectory() as folder:
        shelf = Shelf.made(Path(folder, "checkout"), number)
        address = url_of(Path(folder, "kept.sqlite"))
        store = open_store(address)
        try:
            with _one_core():
                used = processor()
                whole = seconds(lambda: _publish(store, shelf, number))
                rate = number / (processor() - used)
            shelf.changes(number // 2)
            one = seconds(lambda: _publish(store, shelf, 1))
        finally:
            store.close()
        with servers.ours(address, FILE) as server:
            page, search = (_usual(server, path) for path in (PAGE, SEARCH))
            return Cost(whole, rate, one, server.start, server.started, server.memory(), page, search)


@contextmanager
def _one_core() -> Iterator[None]:
    """Nothing is dealt out to other processes, of which the seconds would have to be gathered."""
    all_ = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(all_)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, all_)


def _publish(store: Store, shelf: Shelf, expected: int) -> None:
    outcome = publish(store, Source(shelf.root), datetime.now(UTC), lambda _step: None)
    if len(outcome.published) != expected:
        raise SystemExit(f"{len(outcome.published)} of {expected} were published: {outcome.refused[:1]}")


def _usual(server: Server, path: str) -> float:
    """Seconds of the median answer; the first are not counted."""
    spent = []
    for _ in range(25):
        begun = time.perf_counter()
        status, _tag = server.status(path)
        spent.append(time.perf_counter() - begun)
        if status != 200:
            raise SystemExit(f"{path}: {status}")
    return statistics.median(spent[5:])
