"""What untrusted data reaches and what acts has a threat of tampering or elevation.

What: an element with an ability that changes something (exec, write, send, pay, delete, install, configure, approve,
spawn) to which untrusted data gets with the gates that are in place, when no threat with T or E targets the element
or the flow by which that data arrives on one of the shortest paths.

Why: whoever writes what an element reads can try to make it act. The path shows a way in that the model does not
speak of yet.

Fix: write the threat that follows the path, with T or E and this element (or the last flow) among its targets. If the
path is not real, correct the diagram: a gate in `gated_by`, or `untrusted: false` with `because`.
"""

from collections.abc import Iterator

from schema import reach, reach_taint
from schema.facts import Facts
from schema.finding import Problem, Severity
from schema.reach import Reading
from schema.reach_taint import TaintPath
from schema.rules.rule import rule
from schema.template import Template

LONGEST_PATH = 8
"""Edges of a path that a message prints; of a longer one the first and the last."""


def look(template: Template, _facts: Facts) -> Iterator[Problem]:
    """Tainted acting elements that no threat with T or E covers, with the shortest path to each."""
    found = reach_taint.taint(template, Reading.AS_IT_COMES)
    covered = {key for threat in template.threats if {"T", "E"} & {*threat.stride} for key in threat.targets}
    for element in reach.elements(template):
        paths, acts = found.get(element.key, ()), reach_taint.acts(element)
        if not paths or not acts or covered & {element.key, *(path.last.passage.flow.key for path in paths)}:
            continue
        way = _said(min(paths, key=lambda path: len(path.edges)))
        yield Problem(
            element.path,
            f"Untrusted data reaches `{element.key}`, which can {', '.join(acts)}: {way}. "
            f"Add a threat with T or E on `{element.key}`.",
        )


def _said(path: TaintPath) -> str:
    steps = [f"to `{edge.receiver}` on `{edge.passage.flow.key}`" for edge in path.edges]
    if len(steps) > LONGEST_PATH:
        steps = [*steps[: LONGEST_PATH // 2], "and so on", *steps[-LONGEST_PATH // 2 :]]
    return f"from `{path.source}` {', '.join(steps)}"


RULE = rule(__name__, __doc__, Severity.WARNING, look)
