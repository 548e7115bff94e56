"""What the server counts, as Prometheus reads it; labels are names of ours, never what a client sent."""

import os
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of a request's seconds."""
_METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"})


@dataclass
class Metrics:
    """Counts since the process began. `started` is in seconds since 1970."""

    started: float
    in_flight: int = 0
    _answers: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    _seconds: dict[str, list[int]] = field(default_factory=dict)
    _total: Counter[str] = field(default_factory=Counter)

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request answered. `route` is a template of ours such as `/v1/threats/{threat}.json`."""
        self._answers[method if method in _METHODS else "other", route, status] += 1
        self._seconds.setdefault(route, [0] * (len(BOUNDS) + 1))[bisect_left(BOUNDS, seconds)] += 1
        self._total[route] += round(seconds * 1e9)

    def text(self, gauges: Mapping[str, tuple[str, float]]) -> str:
        """All of it; `gauges` are more values of this moment: name to (what it is, value)."""
        ours = {
            "threatshelf_requests_in_flight": ("Requests being answered.", float(self.in_flight)),
            "process_start_time_seconds": ("When the process began, in seconds since 1970.", self.started),
            "process_resident_memory_bytes": ("Memory the process holds.", float(_resident())),
        }
        lines = [*_requests(self._answers), *_durations(self._seconds, self._total), *_gauges({**ours, **gauges})]
        return "\n".join(lines) + "\n"


def _requests(answers: Mapping[tuple[str, str, int], int]) -> Iterator[str]:
    yield from _head("threatshelf_requests_total", "counter", "Requests answered.")
    for (method, route, status), count in sorted(answers.items()):
        yield f'threatshelf_requests_total{{method="{method}",route="{route}",status="{status}"}} {count}'


def _durations(seconds: Mapping[str, list[int]], total: Mapping[str, int]) -> Iterator[str]:
    name = "threatshelf_request_duration_seconds"
    yield from _head(name, "histogram", "From the first byte of a request to the last of its answer.")
    for route, counts in sorted(seconds.items()):
        below = 0
        for bound, count in zip((*map(str, BOUNDS), "+Inf"), counts, strict=True):
            below += count
            yield f'{name}_bucket{{route="{route}",le="{bound}"}} {below}'
        yield f'{name}_sum{{route="{route}"}} {total[route] / 1e9}'
        yield f'{name}_count{{route="{route}"}} {below}'


def _gauges(values: Mapping[str, tuple[str, float]]) -> Iterator[str]:
    for name, (meaning, value) in values.items():
        yield from _head(name, "gauge", meaning)
        yield f"{name} {value:g}" if abs(value) < 1e5 else f"{name} {value:.0f}"


def _head(name: str, kind: str, meaning: str) -> Iterable[str]:
    return (f"# HELP {name} {meaning}", f"# TYPE {name} {kind}")


def _resident() -> int:
    """Bytes; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
