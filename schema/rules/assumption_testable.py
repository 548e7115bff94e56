"""Every assumption can be tested, and says what if it fails.

What: an assumption without `check`, or without `if_wrong`.

Why: an assumption nobody can check is a hope. What follows when it is wrong decides whether it has to be checked at
all.

Fix: give a command or a look that tells true from false, and one sentence on what an attacker gains when it is false.
"""

from collections.abc import Iterator

from schema.facts import Facts
from schema.finding import Problem, Severity
from schema.rules.rule import rule
from schema.template import Template


def look(template: Template, _facts: Facts) -> Iterator[Problem]:
    """Assumptions without a check or without a consequence."""
    for assumption in template.assumptions:
        if not assumption.check:
            yield Problem(
                assumption.path, f"`{assumption.key}`: say in `check` how an adopter finds out whether it is true here."
            )
        if not assumption.if_wrong:
            yield Problem(assumption.path, f"`{assumption.key}`: say in `if_wrong` what follows when it is not true.")


RULE = rule(__name__, __doc__, Severity.WARNING, look)
