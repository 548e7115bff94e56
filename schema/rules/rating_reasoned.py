"""Every rating has a reason.

What: a `risk` or `residual` without `because`.

Why: two numbers without a reason cannot be argued with, and the next reviewer will change them by taste.

Fix: one sentence: what makes it that likely, and what makes it that bad.
"""

from collections.abc import Iterator

from schema.facts import Facts
from schema.finding import Problem, Severity
from schema.rules.rule import rule
from schema.template import Template


def look(template: Template, _facts: Facts) -> Iterator[Problem]:
    """Ratings without `because`."""
    for threat in template.threats:
        for name, rating in (("risk", threat.risk), ("residual", threat.residual)):
            if rating is not None and not rating.because:
                yield Problem(
                    rating.path,
                    f"`{threat.key}`: say in `because` why its {name} is {rating.likelihood} x {rating.impact}.",
                )


RULE = rule(__name__, __doc__, Severity.WARNING, look)
