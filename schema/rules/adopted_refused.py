"""A template of the registry is nobody's copy.

What: `adopted_from` in a file under `templates/`.

Why: the key marks an adopter's own copy, with their answers in it. In the registry it would publish one company's
setting as everybody's pattern, and the pattern twice.

Fix: offer the change to the template itself. For a pattern of its own take a new `id` and leave `adopted_from` out.
"""

from collections.abc import Iterator

from schema.facts import Facts
from schema.finding import Problem, Severity
from schema.rules.rule import rule
from schema.template import Template


def look(template: Template, facts: Facts) -> Iterator[Problem]:
    """An adopter's copy among the registry's templates."""
    if facts.folder is not None and template.adopted_from is not None:
        message = "`adopted_from` marks an adopter's own copy: the registry takes the pattern itself, without this key."
        yield Problem(template.adopted_from.path, message, on_key=True)


RULE = rule(__name__, __doc__, Severity.ERROR, look)
