"""Ids of published vocabularies inside a template: where they stand, and which vocabulary each belongs to."""

import re
from collections.abc import Iterator

from schema.finding import Path
from schema.template import Step, Template, Threat

_FORMS = (
    ("atlas", re.compile(r"AML\.T[0-9]{4}(\.[0-9]{3})?")),
    ("attack", re.compile(r"T[0-9]{4}(\.[0-9]{3})?")),
    ("owasp-llm", re.compile(r"LLM[0-9]{2}:[0-9]{4}")),
    ("owasp-agentic", re.compile(r"ASI[0-9]{2}|T[0-9]{1,2}")),
    ("cwe", re.compile(r"CWE-[0-9]+")),
)


def mapped(template: Template) -> Iterator[tuple[Path, str]]:
    """Every id under `maps_to`, of threats and of chain steps, with its path."""
    steps = [step for chain in template.attack_chains for step in chain.steps]
    mapping: tuple[Threat | Step, ...] = (*template.threats, *steps)
    for part in mapping:
        yield from (((*part.path, "maps_to", i), value) for i, value in enumerate(part.maps_to))


def vocabulary_of(value: str) -> str | None:
    """The vocabulary an id belongs to by its form; None where no list is held: CAPEC, an LLM id without edition."""
    return next((name for name, form in _FORMS if form.fullmatch(value)), None)
