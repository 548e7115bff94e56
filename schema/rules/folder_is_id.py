"""The folder is named like the template.

What: `templates/<folder>/template.yaml` whose `id` is not the folder's name.

Why: addresses, versions and reservations of threat ids go by the template's id; two names for one template split its
history.

Fix: rename the folder, or correct the id. A published id never changes.
"""

from collections.abc import Iterator

from schema.facts import Facts
from schema.finding import Problem, Severity
from schema.rules.rule import rule
from schema.template import Template


def look(template: Template, facts: Facts) -> Iterator[Problem]:
    """An id that is not the name of the folder the file stands in."""
    if facts.folder is not None and template.id and facts.folder != template.id:
        yield Problem(("id",), f"The folder is `{facts.folder}`, the id `{template.id}`: rename one of them.")


RULE = rule(__name__, __doc__, Severity.ERROR, look)
