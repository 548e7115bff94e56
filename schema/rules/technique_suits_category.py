"""A threat's techniques belong to its category.

What: a threat with ATLAS or ATT&CK techniques of which none serves a tactic of its category. One that does is enough:
an attack rarely stays inside one tactic. Running a supplier's code is a way in and an execution at once, so techniques
of initial access suit EXEC too.

Why: the category is the first half of the threat id and stays. A threat that is filed under exfiltration and maps to
reconnaissance only is filed wrongly or mapped carelessly.

Fix: choose the category by what the attacker achieves, or add the technique that achieves it.
"""

from collections.abc import Iterator

from schema.facts import Facts, Vocabulary
from schema.finding import Problem, Severity
from schema.mapping import vocabulary_of
from schema.rules.rule import rule
from schema.template import Template, Threat

ALSO = {
    "EXEC": ("Initial Access",),
    "EVADE": ("Stealth", "Defense Impairment"),
    "PERSIST": ("Stealth", "Defense Impairment"),
}
"""Tactics beside those of ATLAS: ATT&CK 19 has two names for what ATLAS calls defence evasion."""


def look(template: Template, facts: Facts) -> Iterator[Problem]:
    """Threats none of whose techniques serves a tactic of their category."""
    categories = facts.vocabularies["categories"].entries
    for threat in template.threats:
        category = categories.get(threat.category)
        served = _tactics(threat, facts)
        if category and served and served.isdisjoint(_expected(threat.category, category["tactics"], facts)):
            message = (
                f"`{threat.key}` is {threat.category}, and its techniques serve {_listed(served)}: "
                "choose another category, or add the technique that achieves this one."
            )
            yield Problem((*threat.path, "category"), message)


def _tactics(threat: Threat, facts: Facts) -> set[str]:
    """The names of the tactics that the threat's techniques serve; unknown techniques serve none."""
    served: set[str] = set()
    for value in threat.maps_to:
        name = vocabulary_of(value)
        if name in ("atlas", "attack"):
            entry = facts.vocabularies[name].entries.get(value, {})
            names = _names(facts.vocabularies[name])
            served |= {names[tactic] for tactic in entry.get("tactics", ()) if tactic in names}
    return served


def _expected(category: str, tactics: list[str], facts: Facts) -> set[str]:
    names = _names(facts.vocabularies["atlas"])
    return {names[tactic] for tactic in tactics if tactic in names} | set(ALSO.get(category, ()))


def _names(vocabulary: Vocabulary) -> dict[str, str]:
    return {tactic["id"]: tactic["name"] for tactic in vocabulary.raw["tactics"]}


def _listed(names: set[str]) -> str:
    *others, last = sorted(name.lower() for name in names)
    return f"{', '.join(others)} and {last}" if others else last


RULE = rule(__name__, __doc__, Severity.HINT, look)
