"""What every table is made of: a row of cells, the aim of a ratio, and the median time of some work."""

import os
import resource
import statistics
import time
from collections.abc import Callable, Mapping

Row = tuple[str, str, str, str] | tuple[str, str, str, str, str]
"""What is measured, our figure, the figure beside it, the ratio of both; where there is an aim, whether it is met."""


def scaled(usual: int) -> int:
    """How many templates are made up: `BENCH_SCALE`, or so many that all of `make bench` takes a few minutes."""
    return int(os.environ.get("BENCH_SCALE", usual))


def environment() -> Mapping[str, str]:
    """For our processes: as a user starts them, who keeps compiled modules."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def at_most(ratio: float, aim: float) -> tuple[str, str]:
    """The last two cells of a row whose ratio should be no more."""
    return f"{ratio:.2f} x", f"at most {aim:g} x: {'met' if ratio <= aim else 'MISSED'}"


def at_least(ratio: float, aim: float) -> tuple[str, str]:
    """The last two cells of a row whose ratio should be no less."""
    return f"{ratio:.2f} x", f"at least {aim:g} x: {'met' if ratio >= aim else 'MISSED'}"


def median(work: Callable[[], object], times: int) -> float:
    """Seconds of the median run; one run before it counts."""
    work()
    return statistics.median(seconds(work) for _ in range(times))


def best(work: Callable[[], object], times: int) -> float:
    """Seconds of the quickest run: what else the machine does only ever adds."""
    return min(seconds(work) for _ in range(times))


def seconds(work: Callable[[], object]) -> float:
    """Of one run."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def processor() -> float:
    """Seconds of a core that this process and those of it that ended have used so far."""
    ended, own = resource.getrusage(resource.RUSAGE_CHILDREN), os.times()
    return own.user + own.system + ended.ru_utime + ended.ru_stime


def milliseconds(spent: float) -> str:
    """For the table."""
    return f"{spent * 1000:.1f} ms"
