"""A zone that is crossed says what holds its edge.

What: a zone that holds a process, is crossed by a flow, and does not say `enforced_by` and `strength`; a zone with
`strength: none` whose edge neither a threat nor a line of `stride_answers` speaks of.

Why: an edge that nothing enforces is a line on paper. Readers take a drawn boundary for a real one.

Fix: say what holds it (`enforced_by: container without network`) and how well: `strong`, `weak`, or `none` when it is
only drawn; then name the zone under the `targets` of the threat that walks over it.
"""

from collections.abc import Iterator

from schema import diagram
from schema.facts import Facts
from schema.finding import Problem, Severity
from schema.rules.rule import rule
from schema.template import StrideAnswer, Template, Threat


def look(template: Template, _facts: Facts) -> Iterator[Problem]:
    """Crossed zones around a process without `enforced_by`."""
    crossed = {key for flow in template.diagram.flows for key in diagram.crossed(template, flow)}
    for zone in template.diagram.zones:
        holds_process = any(element.kind == "process" for element in diagram.held(template, zone.key))
        if zone.key in crossed and holds_process and not zone.enforced_by:
            message = f"Flows cross the edge of `{zone.key}`: say in `enforced_by` and `strength` what holds it."
            yield Problem(zone.path, message)
    speakers: tuple[Threat | StrideAnswer, ...] = (*template.threats, *template.stride_answers)
    spoken_of = {key for speaker in speakers for key in speaker.targets}
    for zone in template.diagram.zones:
        if zone.strength == "none" and zone.key not in spoken_of:
            message = f"Nothing holds the edge of `{zone.key}`: say what follows in a threat or a STRIDE answer."
            yield Problem((*zone.path, "strength"), message)


RULE = rule(__name__, __doc__, Severity.WARNING, look)
