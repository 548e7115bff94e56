"""A threat id is one that was assigned.

What: an id that nobody gave, or the same id on two threats.

Why: an id names a class of threat for good. A number made up in one file will be given to something else in another.

Fix: leave the line out: the id is assigned at review and written into the file. To say that this is a threat the
catalogue already knows, keep its published id.
"""

from collections.abc import Iterator

from schema.facts import Facts
from schema.finding import Problem, Severity
from schema.rules.rule import rule
from schema.template import Template


def look(template: Template, facts: Facts) -> Iterator[Problem]:
    """Unknown ids and repeated ones."""
    known = facts.vocabularies["known-threats"].entries
    seen: dict[str, str] = {}
    for threat in template.threats:
        if not threat.id:
            continue
        if threat.id in seen:
            yield Problem(
                (*threat.path, "id"), f"`{threat.id}` already stands on `{seen[threat.id]}`: one id, one threat."
            )
        elif threat.id not in known:
            yield Problem(
                (*threat.path, "id"),
                f"`{threat.id}` was never assigned: leave the line out, the id is given at review.",
            )
        seen.setdefault(threat.id, threat.key)


RULE = rule(__name__, __doc__, Severity.ERROR, look)
