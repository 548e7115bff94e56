"""Every threat has an answer.

What: a threat with no mitigation, no gap that says what is missing, and no acceptance: `accepted` needs a residual
risk that names the threat.

Why: a threat without an answer leaves the reader with a fear and nothing to do.

Fix: name the mitigations under `mitigated_by`; if none exists, say in `gaps` what has to be built; if it is accepted,
add an entry under `residual_risks` with who accepts it.
"""

from collections.abc import Iterator

from schema.facts import Facts
from schema.finding import Problem, Severity
from schema.rules.rule import rule
from schema.template import Template


def look(template: Template, _facts: Facts) -> Iterator[Problem]:
    """Threats that nothing answers, and acceptances nobody signed."""
    remaining = {key for risk in template.residual_risks for key in risk.threats}
    for threat in template.threats:
        if threat.status == "accepted" and threat.key not in remaining:
            message = f"`{threat.key}` is accepted, but no residual risk names it: who accepts what, and until when?"
            yield Problem((*threat.path, "status"), message)
        elif not threat.mitigated_by and not threat.gaps and threat.status not in _ANSWERED_BY_STATUS:
            message = (
                f"`{threat.key}` has no answer: name mitigations in `mitigated_by`, or say in `gaps` what is missing."
            )
            yield Problem(threat.path, message)


_ANSWERED_BY_STATUS = ("accepted", "fixed", "transferred", "avoided")


RULE = rule(__name__, __doc__, Severity.ERROR, look)
