"""A scenario says who does what, and what follows.

What: a scenario of fewer than eight words; one that only repeats its title; one of fewer than twenty that begins with
an attacker who "could exploit", "may abuse" or "gains access" and names no thing of this system.

Why: a reader has to recognise the story in their own deployment. "An attacker could exploit a vulnerability" is true
of everything and tells nobody what to look for.

Fix: name the actor, the element and the step, as in "a contributor writes orders into a title; the agent reads it with
the others and follows them".
"""

import re
from collections.abc import Iterator

from schema.facts import Facts
from schema.finding import Problem, Severity
from schema.rules.rule import rule
from schema.template import Template

FEWEST_WORDS = 8
WORD = re.compile(r"[\w'\u2019-]+")
GENERAL = re.compile(
    r"(?:an?|the|some|any) (?:\w+ )?(?:attacker|adversary|hacker|malicious \w+|threat actor|bad actor|someone)s? "
    r"(?:(?:can|could|may|might|is able to|will|would) )?"
    r"(?:exploits?|abuses?|compromises?|attacks?|gains?|misuses?|leverages?|uses? a|takes? advantage)\b",
    re.IGNORECASE,
)
FEWEST_WORDS_OF_AN_ATTACKER = 20


def look(template: Template, _facts: Facts) -> Iterator[Problem]:
    """Scenarios in which nobody recognises their own system."""
    for threat in template.threats:
        fault = _fault(threat.scenario, threat.title) if threat.scenario else ""
        if fault:
            yield Problem((*threat.path, "scenario"), f"{fault}: say who does what to what, and what follows.")


def _fault(scenario: str, title: str) -> str:
    words = [word.casefold() for word in WORD.findall(scenario)]
    if len(words) < FEWEST_WORDS:
        return f"A story in {len(words)} {'word' if len(words) == 1 else 'words'} cannot be recognised"
    if not set(words) - {word.casefold() for word in WORD.findall(title)}:
        return "The scenario repeats the title"
    if len(words) < FEWEST_WORDS_OF_AN_ATTACKER and GENERAL.match(scenario):
        return "This could be told of any system"
    return ""


RULE = rule(__name__, __doc__, Severity.WARNING, look)
