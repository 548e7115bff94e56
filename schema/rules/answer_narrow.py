"""An answer speaks of a few cells.

What: a `stride_answers` line for more than 12 cells, or a threat that stands in more than 8.

Why: one sentence for a whole zone is rarely true of every element in it, and a threat that hits everything tells a
reader nothing about where to act.

Fix: split it by what really differs.
"""

from collections.abc import Iterator

from schema import stride
from schema.facts import Facts
from schema.finding import Problem, Severity
from schema.rules.rule import rule
from schema.template import Template

MOST_CELLS_OF_A_LINE = 12
MOST_CELLS_OF_A_THREAT = 8


def look(template: Template, _facts: Facts) -> Iterator[Problem]:
    """Lines and threats that cover too many cells to be true of each."""
    asked = set(stride.asked(template))
    for line, spoken in stride.answered(template):
        cells = len(asked.intersection(spoken))
        if cells > MOST_CELLS_OF_A_LINE:
            yield Problem(
                line.path,
                f"This line answers {cells} cells with one sentence: split it (at most {MOST_CELLS_OF_A_LINE}).",
            )
    for threat in template.threats:
        cells = len(stride.cells_of_threat(threat))
        if cells > MOST_CELLS_OF_A_THREAT:
            most = f"at most {MOST_CELLS_OF_A_THREAT}"
            message = f"`{threat.key}` stands in {cells} cells: name what it really hits, or split it ({most})."
            yield Problem((*threat.path, "targets"), message)


RULE = rule(__name__, __doc__, Severity.HINT, look)
