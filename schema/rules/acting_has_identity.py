"""What can act says under which identity.

What: an element with `abilities` and without `runs_as`.

Why: how far an attacker gets from an element depends on whose rights it has; elements with the same words in
`runs_as` fall together.

Fix: name the account, service account or token it runs under: `runs_as: developer`.
"""

from collections.abc import Iterator

from schema.facts import Facts
from schema.finding import Problem, Severity
from schema.rules.rule import rule
from schema.template import Template


def look(template: Template, _facts: Facts) -> Iterator[Problem]:
    """Elements that can do something, without an identity. Externals run under their own."""
    for element in template.diagram.elements:
        if element.abilities and not element.runs_as and element.kind != "external":
            message = (
                f"`{element.key}` can {', '.join(element.abilities)} with unknown rights: name its account in "
                "`runs_as`."
            )
            yield Problem(element.path, message)


RULE = rule(__name__, __doc__, Severity.WARNING, look)
