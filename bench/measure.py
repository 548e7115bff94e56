"""What every table is made of: a row of four cells, and the median time of some work."""

import statistics
import time
from collections.abc import Callable

Row = tuple[str, str, str, str]
"""What is measured, our figure, the figure beside it, and the ratio of both."""


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


def milliseconds(spent: float) -> str:
    """For the table."""
    return f"{spent * 1000:.1f} ms"
