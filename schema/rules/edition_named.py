"""An OWASP LLM id names its edition.

What: `LLM06` without a year.

Why: the 2026 edition gave eight of the ten numbers another meaning: LLM06 was Excessive Agency and is Unbounded
Consumption.

Fix: write `LLM06:2025` or `LLM06:2026`, whichever is meant.
"""

from collections.abc import Iterator

from schema.facts import Facts
from schema.finding import Problem, Severity
from schema.mapping import mapped
from schema.rules.rule import rule
from schema.template import Template

OF_NONE = "is in no edition: correct the number, or leave it out"


def look(template: Template, facts: Facts) -> Iterator[Problem]:
    """Bare LLMnn ids, with what each edition means by them."""
    entries = facts.vocabularies["owasp-llm"].entries
    for path, value in mapped(template):
        if value.startswith("LLM") and ":" not in value:
            meanings = [f"`{key}` ({entry['name']})" for key, entry in entries.items() if key.startswith(f"{value}:")]
            said = f"means another risk in each edition: write {' or '.join(meanings)}" if meanings else OF_NONE
            yield Problem(path, f"`{value}` {said}.")


RULE = rule(__name__, __doc__, Severity.ERROR, look)
