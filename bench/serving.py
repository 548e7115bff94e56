"""Reads over HTTP beside nginx with the same file and beside a bare ASGI function, in turns, on the same machine.

The client is `wrk` for how much a server can do, and our own for how long one answer takes at a steady rate; the same
for both servers. Ratios are of what a core can do, from the seconds of it that a server uses for each answer: answers
a second say little where a machine has other work. Neither server writes a line for each request.
"""

import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench import servers
from bench.measure import Row, at_least, at_most, milliseconds
from bench.paced import latencies
from bench.servers import Server
from registry import publish
from registry.store.catalogue import url_of

ROOT = Path(__file__).parents[1]
ID = "local-coding-assistant"
PATH = f"/v1/templates/{ID}.yaml"
SECONDS, ROUNDS = 2, 3
Ask = Callable[[], tuple[float, float]]


@dataclass(frozen=True)
class Done:
    """What a server did: answers in a second, the best round and the middle one; microseconds of a core for each."""

    rate: float
    usual: float
    microseconds: float

    def __str__(self) -> str:
        """For the table."""
        return f"{self.rate:.0f}/s, {self.microseconds:.0f} us of a core"


def serving() -> Iterator[Row]:
    """Downloads, unchanged downloads, and how long one in a hundred takes."""
    wrk = shutil.which("wrk")
    if wrk is None:
        yield "reads over HTTP", "not measured", "wrk is not installed here", "-"
        return
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        room = Path(folder)
        publish.throw_away(ROOT, room / "c.sqlite", datetime.now(UTC).date(), lambda _step: None)
        ours = stack.enter_context(servers.ours(url_of(room / "c.sqlite"), PATH))
        bare = stack.enter_context(servers.bare())
        nginx = stack.enter_context(servers.nginx(room, PATH, (ROOT / "templates" / ID / "template.yaml").read_bytes()))
        unchanged = {"If-None-Match": ours.status(PATH)[1]}
        if ours.status(PATH, **unchanged)[0] != 304:
            raise SystemExit(f"{PATH} is not answered with 304")
        mine, its = _in_turns(_round(wrk, ours, unchanged), _round(wrk, bare, unchanged))
        yield (
            "GET, unchanged (304)",
            str(mine),
            f"bare ASGI function: {its}",
            *at_least(its.microseconds / mine.microseconds, 0.7),
        )
        if nginx is None:
            yield "GET a template", "not compared", "nginx is not installed here", "-"
        else:
            yield from _beside(wrk, ours, nginx)


def _beside(wrk: str, ours: Server, nginx: Server) -> Iterator[Row]:
    mine, its = _in_turns(_round(wrk, ours, {}), _round(wrk, nginx, {}))
    yield "GET a template", str(mine), f"nginx, one worker: {its}", *at_least(its.microseconds / mine.microseconds, 0.5)
    rate = 0.8 * mine.usual
    slow, peer = (min(_slow(server, rate) for _ in range(ROUNDS)) for server in (ours, nginx))
    what = f"the same, {rate:.0f}/s asked: p99"
    yield what, milliseconds(slow), f"nginx, same rate: {milliseconds(peer)}", *at_most(slow / peer, 3)


def _slow(server: Server, rate: float) -> float:
    spent = latencies(server.port, PATH, rate, SECONDS)
    return spent[int(len(spent) * 0.99)]


def _round(wrk: str, server: Server, headers: Mapping[str, str]) -> Ask:
    """One round of `wrk`: answers in a second, and seconds of a core that the server used for each."""
    command = [wrk, "-t1", "-c16", f"-d{SECONDS}s", f"http://127.0.0.1:{server.port}{PATH}"]
    command += [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]

    def ask() -> tuple[float, float]:
        before = server.processor()
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        if "Socket errors" in said or ("Non-2xx" in said and not headers):
            raise SystemExit(said)
        used, answers = server.processor() - before, int(said.partition(" requests in")[0].split()[-1])
        return float(said.partition("Requests/sec:")[2].split()[0]), used / answers

    return ask


def _in_turns(ours: Ask, peer: Ask) -> tuple[Done, Done]:
    """The best of some rounds of each, so that both find the machine alike."""
    rounds = [(ours(), peer()) for _ in range(ROUNDS)]
    return _best([one for one, _ in rounds]), _best([other for _, other in rounds])


def _best(rounds: list[tuple[float, float]]) -> Done:
    rates = [rate for rate, _ in rounds]
    return Done(max(rates), statistics.median(rates), min(used for _, used in rounds) * 1e6)
