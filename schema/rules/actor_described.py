"""A threat actor says what it can do.

What: an actor in scope without `access` or `skill`; an actor out of scope without `because`.

Why: likelihood is judged against somebody. "An attacker" can do everything and therefore explains nothing.

Fix: say where it stands (`none`, `external`, `internal`, `privileged`, `physical`) and how skilled it is.
"""

from collections.abc import Iterator

from schema.facts import Facts
from schema.finding import Problem, Severity
from schema.rules.rule import rule
from schema.template import Template


def look(template: Template, _facts: Facts) -> Iterator[Problem]:
    """Actors without access or skill, and exclusions without a reason."""
    for actor in template.threat_actors:
        missing = [f"`{name}`" for name in ("access", "skill") if not getattr(actor, name)]
        if actor.in_scope and missing:
            yield Problem(actor.path, f"`{actor.key}` lacks {' and '.join(missing)}: say what it can reach and do.")
        if not actor.in_scope and not actor.because:
            yield Problem(actor.path, f"`{actor.key}` is out of scope: say in `because` why.")


RULE = rule(__name__, __doc__, Severity.WARNING, look)
