"""Every parameter is declared and used.

What: `{{name}}` in a text that `adoption.parameters` does not declare, or a declaration no text uses.

Why: an undeclared one stays in the adopter's copy as braces; an unused one asks the adopter a question for nothing.

Fix: declare it with the question to ask, or correct the name. `{{.Image}}` and `${VAR}` are left alone.
"""

import re
from collections.abc import Iterator

from schema.facts import Facts
from schema.finding import Problem, Severity
from schema.rules.rule import rule
from schema.template import Template, texts

NAMED = re.compile(r"\{\{\s*([a-z][a-z0-9_]*)\s*\}\}")


def look(template: Template, _facts: Facts) -> Iterator[Problem]:
    """Names in braces that nobody declares, and declarations nobody uses."""
    declared = {p.name: p for p in template.adoption.parameters} if template.adoption else {}
    used: set[str] = set()
    for path, text in texts(template):
        for name in dict.fromkeys(NAMED.findall(text)):
            used.add(name)
            if name not in declared:
                yield Problem(
                    path, f"`{{{{{name}}}}}` is not declared in `adoption.parameters`: declare it, or correct the name."
                )
    for name, parameter in declared.items():
        if name not in used:
            yield Problem(
                (*parameter.path, "name"), f"No text uses `{{{{{name}}}}}`: take the parameter out, or use it."
            )


RULE = rule(__name__, __doc__, Severity.ERROR, look)
