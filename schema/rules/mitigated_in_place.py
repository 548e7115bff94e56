"""What counts as mitigated rests on something in place.

What: a threat with status `mitigated` and no mitigation with status `in-place`; `gap_level: critical` on a threat
that is not `open`.

Why: `status` and `risk` speak of the pattern as it comes. A switch that the adopter still has to turn does not lower
them; it lowers `residual`.

Fix: set the status to `open` or `partial`, or mark the mitigation `in-place` if it really is on by default.
"""

from collections.abc import Iterator

from schema.facts import Facts
from schema.finding import Problem, Severity
from schema.rules.rule import rule
from schema.template import Template


def look(template: Template, _facts: Facts) -> Iterator[Problem]:
    """Mitigated threats without an in-place mitigation, and critical gaps beside a status that denies them."""
    in_place = {mitigation.key for mitigation in template.mitigations if mitigation.status == "in-place"}
    for threat in template.threats:
        if threat.status == "mitigated" and not in_place.intersection(threat.mitigated_by):
            message = f"`{threat.key}` is `mitigated`, but none of its mitigations is `in-place`: correct one of them."
            yield Problem((*threat.path, "status"), message)
        if threat.gap_level == "critical" and threat.status != "open":
            message = f"`{threat.key}`: a critical gap means that nothing stands: make it `high`, or the status `open`."
            yield Problem((*threat.path, "gap_level"), message)


RULE = rule(__name__, __doc__, Severity.ERROR, look)
