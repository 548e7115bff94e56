"""Every id of a vocabulary is in force.

What: an id that its vocabulary has revoked or deprecated.

Why: a revoked id leads to a page that says "gone", and matches nothing in newer tools.

Fix: take the replacement; the message names it, and `threatshelf check --format json` carries it as an edit.
"""

from collections.abc import Iterator

from schema.facts import Facts
from schema.finding import Problem, Severity
from schema.mapping import mapped, vocabulary_of
from schema.rules.rule import rule
from schema.template import Template


def look(template: Template, facts: Facts) -> Iterator[Problem]:
    """Revoked and deprecated ids, with what replaced them."""
    for path, value in mapped(template):
        name = vocabulary_of(value)
        entry = facts.vocabularies[name].entries.get(value, {}) if name else {}
        status = entry.get("status")
        if status not in ("revoked", "deprecated"):
            continue
        successor = entry.get("replaced_by")
        advice = f"use `{successor}`." if successor else "choose another technique or leave it out."
        yield Problem(path, f"`{value}` ({entry['name']}) is {status}: {advice}", replacement=successor)


RULE = rule(__name__, __doc__, Severity.ERROR, look)
