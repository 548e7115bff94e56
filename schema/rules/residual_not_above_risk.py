"""What remains is not more than there was.

What: a `residual` with a higher likelihood or a higher impact than `risk`.

Why: a mitigation that makes a threat likelier or worse is not a mitigation of it; mostly the two are swapped.

Fix: correct the numbers. If a measure really brings a new danger, write that danger as a threat of its own.
"""

from collections.abc import Iterator

from schema.facts import Facts
from schema.finding import Problem, Severity
from schema.rules.rule import rule
from schema.template import Template


def look(template: Template, _facts: Facts) -> Iterator[Problem]:
    """Residual ratings that exceed the risk in either number."""
    for threat in template.threats:
        risk, residual = threat.risk, threat.residual
        if risk and residual and (residual.likelihood > risk.likelihood or residual.impact > risk.impact):
            before, after = f"{risk.likelihood} x {risk.impact}", f"{residual.likelihood} x {residual.impact}"
            message = f"`{threat.key}`: the residual risk {after} exceeds the risk {before}: correct one of them."
            yield Problem(residual.path, message)


RULE = rule(__name__, __doc__, Severity.ERROR, look)
