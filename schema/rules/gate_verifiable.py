"""A gate that stops untrusted data can be verified.

What: a mitigation that stands in the `gated_by` of a flow and has no `verify`. A mitigation that is planned or missing
stops nothing yet and is left alone.

Why: everything behind a gate counts as out of reach. If nobody can see that the gate closes, all of that is a belief.

Fix: give the mitigation a `verify`: the command or test that tries to get through, and what it prints when it fails.
"""

from collections.abc import Iterator

from schema.facts import Facts
from schema.finding import Problem, Severity
from schema.rules.rule import rule
from schema.template import Flow, Mitigation, Template


def look(template: Template, _facts: Facts) -> Iterator[Problem]:
    """The first mention of each gate without `verify`."""
    told: set[str] = set()
    for flow, place, gate in _gates(template):
        if gate.key in told or gate.verify or gate.status not in ("in-place", "available"):
            continue
        told.add(gate.key)
        message = (
            f"`{gate.key}` is believed to stop untrusted data on `{flow.key}`: say in its `verify` how to see that."
        )
        yield Problem((*flow.path, "gated_by", place), message)


def _gates(template: Template) -> Iterator[tuple[Flow, int, Mitigation]]:
    known = template.mitigation_by_key
    for flow in template.diagram.flows:
        yield from ((flow, place, known[key]) for place, key in enumerate(flow.gated_by) if key in known)


RULE = rule(__name__, __doc__, Severity.WARNING, look)
