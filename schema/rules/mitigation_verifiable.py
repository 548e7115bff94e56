"""What the adopter switches on can be verified.

What: a mitigation with status `available` and without `verify`, or with neither `config` nor `requirement` nor
`controls`. A hint in a draft, a warning in a candidate, an error when the template is `vetted`.

Why: a setting that nobody can check is off more often than people think.

Fix: give the command and what it prints when the mitigation works.
"""

from collections.abc import Iterator

from schema.facts import Facts
from schema.finding import Problem, Severity
from schema.rules.rule import rule
from schema.template import Template

_BY_STATUS = {"vetted": Severity.ERROR, "candidate": Severity.WARNING}


def look(template: Template, _facts: Facts) -> Iterator[Problem]:
    """Available mitigations that do not say how to see that they work, or what to set."""
    severity = _BY_STATUS.get(template.status)
    for mitigation in template.mitigations:
        if mitigation.status != "available":
            continue
        if not mitigation.verify:
            yield Problem(
                mitigation.path,
                f"`{mitigation.key}` is for the adopter to switch on: say in `verify` how to see that it works.",
                severity,
            )
        if not (mitigation.config or mitigation.requirement or mitigation.controls):
            yield Problem(
                mitigation.path,
                f"`{mitigation.key}` does not say what to set: add `config` or a `requirement` with MUST.",
                severity,
            )


RULE = rule(__name__, __doc__, Severity.HINT, look)
