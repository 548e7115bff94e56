"""Every id of a vocabulary exists.

What: an ATLAS, ATT&CK, OWASP, CWE, control, compliance or pattern id that the pinned release does not hold. CAPEC ids
are checked for form only; an unknown CWE is a warning, since the pinned list is older than the newest release.

Why: ids are how tools and people join this model with everything else. Models full of ids nobody gave look well
mapped and lead nowhere.

Fix: look the id up in the vocabulary; the message proposes near ones.
"""

import difflib
from collections.abc import Iterator

from schema.facts import Facts, Vocabulary
from schema.finding import Path, Problem, Severity
from schema.mapping import mapped, vocabulary_of
from schema.rules.rule import rule
from schema.template import Template
from schema.text import shown


def look(template: Template, facts: Facts) -> Iterator[Problem]:
    """Ids that no vocabulary holds."""
    yield from _techniques(template, facts)
    for path, name, value in _others(template):
        if value not in facts.vocabularies[name].entries:
            yield Problem(path, _message(value, facts.vocabularies[name]))


def _techniques(template: Template, facts: Facts) -> Iterator[Problem]:
    for path, value in mapped(template):
        name = vocabulary_of(value)
        if name is not None and value not in facts.vocabularies[name].entries:
            severity = Severity.WARNING if name == "cwe" else None  # the pinned list lacks the newest weaknesses
            yield Problem(path, _message(value, facts.vocabularies[name]), severity)


def _others(template: Template) -> Iterator[tuple[Path, str, str]]:
    """(path, vocabulary, key of the entry) of the pattern, the controls and the compliance controls."""
    if template.pattern:
        yield ("pattern",), "patterns", template.pattern
    for mitigation in template.mitigations:
        yield from (((*mitigation.path, "controls", i), "controls", c) for i, c in enumerate(mitigation.controls))
    for entry in template.compliance:
        if entry.framework in _FRAMEWORKS:
            yield (*entry.path, "control"), "compliance", f"{entry.framework}:{entry.control}"


def _message(value: str, vocabulary: Vocabulary) -> str:
    """`value` is the entry's key; in compliance it begins with the framework, and only its own ids are near."""
    framework, mark, control = value.rpartition(":") if vocabulary.name == "compliance" else ("", "", value)
    known = [key.removeprefix(framework + mark) for key in vocabulary.entries if key.startswith(framework + mark)]
    near = difflib.get_close_matches(control, known, n=3, cutoff=0.7)
    advice = f"near are {', '.join(f'`{other}`' for other in near)}" if near else "correct it, or leave it out"
    where = framework or f"{vocabulary.title} {vocabulary.release}"
    return f"`{shown(control)}` is not in {where}: {advice}."


_FRAMEWORKS = ("soc2", "gdpr", "iso27001", "iso42001", "nist-ai-rmf", "nist-csf", "eu-ai-act")
"""A framework that is none of these is a fault of structure."""


RULE = rule(__name__, __doc__, Severity.ERROR, look)
