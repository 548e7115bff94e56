"""Derived: the STRIDE matrix of a template, which cells are asked, and what answers them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from schema import diagram
from schema.template import Element, Flow, StrideAnswer, Template, Threat, Zone

LETTERS = "STRIDE"
MOST_ANSWERED = 20_000
"""Cells that all lines together may speak of; later lines answer none. No diagram that people can read has as many."""

NAMES = {
    "S": "Spoofing",
    "T": "Tampering",
    "R": "Repudiation",
    "I": "Information disclosure",
    "D": "Denial of service",
    "E": "Elevation of privilege",
}


@dataclass(frozen=True)
class Cell:
    """One letter for one target (the key of an element, flow or zone)."""

    target: str
    letter: str


@dataclass(frozen=True)
class Answer:
    """What a cell has: whether it is asked, the threats that stand in it, the lines that explain it."""

    asked: bool
    threats: tuple[Threat, ...]
    lines: tuple[StrideAnswer, ...]

    @property
    def left(self) -> bool:
        """Asked, and nothing answers."""
        return self.asked and not self.threats and not self.lines


@dataclass(frozen=True)
class Row:
    """One target with its six answers, by letter."""

    target: str
    name: str
    kind: str
    cells: Mapping[str, Answer]


@dataclass(frozen=True)
class Coverage:
    """Numbers of cells: asked, answered by a threat, by a reason only, left open."""

    asked: int
    by_threat: int
    by_answer: int
    left: int

    @property
    def percent(self) -> int:
        """Answered of asked, rounded down; 100 when nothing is asked."""
        return 100 if not self.asked else 100 * (self.asked - self.left) // self.asked


def asked(template: Template) -> tuple[Cell, ...]:
    """The cells that have to be answered, in document order: elements, flows, zones."""
    sending = {key for flow in template.diagram.flows for key in flow.senders if flow.carries}
    cells = [Cell(e.key, letter) for e in template.diagram.elements for letter in _of_element(e, sending)]
    cells += [Cell(f.key, letter) for f in template.diagram.flows for letter in _of_flow(template, f)]
    cells += [Cell(z.key, "E") for z in template.diagram.zones if _is_guarded(template, z)]
    return tuple(cells)


def matrix(template: Template) -> tuple[Row, ...]:
    """Every element, and every flow and zone that has a cell asked or answered, with its six answers."""
    return tuple(row for row in _rows(template) if row.kind in ("process", "store", "external") or _speaks(row))


def coverage(template: Template) -> Coverage:
    """How much of what is asked is answered."""
    due = [answer for row in _rows(template) for answer in row.cells.values() if answer.asked]
    by_threat = sum(bool(answer.threats) for answer in due)
    left = sum(answer.left for answer in due)
    return Coverage(len(due), by_threat, len(due) - by_threat - left, left)


def open_cells(template: Template) -> tuple[Cell, ...]:
    """The cells that are asked and not answered, in document order."""
    rows = {row.target: row for row in _rows(template)}
    return tuple(cell for cell in asked(template) if rows[cell.target].cells[cell.letter].left)


def cells_of_threat(threat: Threat) -> tuple[Cell, ...]:
    """Every cell the threat stands in, asked or not."""
    return tuple(Cell(target, letter) for target in threat.targets for letter in threat.stride)


def cells_of_line(template: Template, line: StrideAnswer) -> tuple[Cell, ...]:
    """Every cell the line speaks of: its targets and the elements within its zones."""
    within = [e.key for zone in line.within for e in diagram.held(template, zone)]
    targets = dict.fromkeys((*line.targets, *within))
    return tuple(Cell(target, letter) for target in targets for letter in line.stride)


def answered(template: Template) -> Iterator[tuple[StrideAnswer, tuple[Cell, ...]]]:
    """Each line with the cells it speaks of, until there are more than `MOST_ANSWERED`."""
    reached = 0
    for line in template.stride_answers:
        if reached > MOST_ANSWERED:
            return
        cells = cells_of_line(template, line)
        reached += len(cells)
        yield line, cells


def _rows(template: Template) -> tuple[Row, ...]:
    due = set(asked(template))
    threats, lines = _threats_by_cell(template), _lines_by_cell(template)

    def answer(cell: Cell) -> Answer:
        return Answer(cell in due, tuple(threats.get(cell, ())), tuple(lines.get(cell, ())))

    return tuple(
        Row(key, name, kind, {letter: answer(Cell(key, letter)) for letter in LETTERS})
        for key, name, kind in _targets(template)
    )


def _targets(template: Template) -> list[tuple[str, str, str]]:
    elements = [(e.key, e.name, e.kind) for e in template.diagram.elements]
    flows = [(f.key, f.carries, "flow") for f in template.diagram.flows]
    return elements + flows + [(z.key, z.name, "zone") for z in template.diagram.zones]


def _speaks(row: Row) -> bool:
    return any(answer.asked or answer.threats or answer.lines for answer in row.cells.values())


def _of_element(element: Element, sending: set[str]) -> str:
    if element.kind == "process":
        return LETTERS
    if element.kind == "store":
        return "TRID" if element.role == "log" else "TID"
    return "SR" if element.key in sending else ""


def _of_flow(template: Template, flow: Flow) -> str:
    if not diagram.crossed(template, flow):
        return ""
    readable = "TI" if flow.encryption == "none" else ""
    return readable + ("D" if any(_floods(template, key) for key in flow.senders) else "")


def _floods(template: Template, sender: str) -> bool:
    element = template.elements.get(sender)
    if element is None or element.kind != "external":
        return False
    return diagram.trust_of(template, element) in ("untrusted", "low")


def _is_guarded(template: Template, zone: Zone) -> bool:
    return bool(zone.enforced_by) and zone.strength in ("strong", "weak") and bool(diagram.held(template, zone.key))


def _threats_by_cell(template: Template) -> dict[Cell, list[Threat]]:
    found: dict[Cell, list[Threat]] = {}
    for threat in template.threats:
        for cell in cells_of_threat(threat):
            found.setdefault(cell, []).append(threat)
    return found


def _lines_by_cell(template: Template) -> dict[Cell, list[StrideAnswer]]:
    found: dict[Cell, list[StrideAnswer]] = {}
    for line, cells in answered(template):
        for cell in cells:
            found.setdefault(cell, []).append(line)
    return found
