"""Where the numbers of flows go in a picture: each on its own line, clear of everything that can be read."""

import itertools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

Point = tuple[float, float]
WIDTH, HEIGHT = 23.0, 15.0
"""Of a mark, in points."""
_SAMPLES = 16
"""Points taken from each Bézier segment."""
_CELL = 9.0
"""Lines nearer than this, in points, would be covered by the mark of another flow."""
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


@dataclass(frozen=True)
class Box:
    """An upright rectangle, in points, y downwards."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "Box") -> bool:
        """Whether the two share a point."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )


def points_of(path: str) -> tuple[Point, ...]:
    """The points of an SVG path of one `M` and cubic Béziers, as Graphviz writes it, close enough to place a mark."""
    numbers = [float(n) for n in _NUMBER.findall(path)]
    knots = list(zip(numbers[::2], numbers[1::2], strict=True))
    points = knots[:1]
    for i in range(0, len(knots) - 3, 3):
        points += _bezier(knots[i : i + 4])
    return tuple(points)


def place(lines: Mapping[str, Sequence[Point]], taken: Sequence[Box]) -> dict[str, Point]:
    """The middle of each line's mark. The shortest lines, which have the least room, choose first."""
    crowd = _Crowd.of(lines)
    boxes = list(taken)
    found: dict[str, Point] = {}
    for name in sorted(lines, key=lambda name: (len(lines[name]), _length(lines[name]), name)):
        points = lines[name]
        best = min(range(len(points)), key=lambda i: _cost(i, points, boxes, crowd.others(name, points[i])))
        found[name] = points[best]
        boxes.append(box_around(points[best]))
    return found


def box_around(middle: Point) -> Box:
    """The rectangle of a mark."""
    x, y = middle
    return Box(x - WIDTH / 2, y - HEIGHT / 2, x + WIDTH / 2, y + HEIGHT / 2)


def _bezier(knots: Sequence[Point]) -> Iterator[Point]:
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = knots
    for step in range(1, _SAMPLES + 1):
        t = step / _SAMPLES
        a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
        yield (a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3)


def _length(points: Sequence[Point]) -> float:
    return sum(math.dist(a, b) for a, b in itertools.pairwise(points))


def _cost(i: int, points: Sequence[Point], boxes: Sequence[Box], others: int) -> float:
    """How bad the i-th point is for the mark: over something readable, over other lines, far from the middle."""
    mark = box_around(points[i])
    hidden = sum(mark.meets(box) for box in boxes)
    return 1000.0 * hidden + 6.0 * others + 10.0 * abs(i / max(1, len(points) - 1) - 0.5)


@dataclass
class _Crowd:
    """Which lines run through each square of the picture."""

    squares: dict[tuple[int, int], set[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, lines: Mapping[str, Sequence[Point]]) -> "_Crowd":
        crowd = cls()
        for name, points in lines.items():
            for point in points:
                crowd.squares.setdefault(_square(point), set()).add(name)
        return crowd

    def others(self, name: str, point: Point) -> int:
        x, y = _square(point)
        near = (self.squares.get((x + dx, y + dy), set()) for dx in (-1, 0, 1) for dy in (-1, 0, 1))
        return len(set().union(*near) - {name})


def _square(point: Point) -> tuple[int, int]:
    return (math.floor(point[0] / _CELL), math.floor(point[1] / _CELL))
