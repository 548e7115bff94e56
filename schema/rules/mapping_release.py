"""A template says which release of a vocabulary it was mapped against.

What: ids of ATLAS, ATT&CK or CWE in a template whose `mapped_against` does not name that vocabulary's release, or names
an older one than the release this registry holds.

Why: each release adds, renames and retires ids. Whoever reads the mapping has to know whether a newer technique was
weighed and left out, or did not exist yet.

Fix: name the release under `mapped_against`, for example `atlas: "2026.09"`. When it is older than the one held here,
look at what has changed since, go through the ids again, and only then raise it.
"""

from collections.abc import Iterator

from schema.facts import Facts, Vocabulary
from schema.finding import Problem, Severity
from schema.mapping import mapped, vocabulary_of
from schema.rules.rule import rule
from schema.template import Template
from schema.versions import leading, number

_RELEASED = ("atlas", "attack", "cwe")
"""The vocabularies whose ids carry no edition of their own; an OWASP id does, or belongs to a list with one edition."""


def look(template: Template, facts: Facts) -> Iterator[Problem]:
    """Vocabularies in use without a release, and releases that have been followed by another."""
    used = {vocabulary_of(value) for _, value in mapped(template)}
    held = [facts.vocabularies[name] for name in _RELEASED if name in used]
    unsaid = [vocabulary for vocabulary in held if not template.mapped_against.get(vocabulary.name)]
    if unsaid:
        path = ("mapped_against",) if template.mapped_against else ()
        yield Problem(path, _unsaid(unsaid), on_key=True)
    for vocabulary in held:
        given = template.mapped_against.get(vocabulary.name, "")
        if given and number(given) < number(leading(vocabulary.release)):
            yield Problem(
                ("mapped_against", vocabulary.name),
                f"{vocabulary.title} has moved on from {given} to {leading(vocabulary.release)}: "
                "go through the ids again, then raise this.",
            )


def _unsaid(vocabularies: list[Vocabulary]) -> str:
    lines = ", ".join(f'`{vocabulary.name}: "{leading(vocabulary.release)}"`' for vocabulary in vocabularies)
    return f"The release that the ids were taken from is not named: say under `mapped_against` which, such as {lines}."


RULE = rule(__name__, __doc__, Severity.HINT, look)
