"""A number in the text is the number in the file.

What: in the title, the summary and `scope.included`, and anywhere after "all": so many threats (of one level or of
all), mitigations, assets, actors, assumptions, zones, elements, chains, failure modes or residual risks, when the file
holds another number. "24 threats, 5 critical" is read as two counts; "at least", "up to" and "top 10" as none.

Why: the file grows and the sentence stays. Readers who count find out, and wonder what else was not kept.

Fix: correct the number, or leave it out: pages and exports count by themselves.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from schema.facts import Facts
from schema.finding import Path, Problem, Severity
from schema.prose import prose
from schema.risk import LEVELS, level
from schema.rules.rule import rule
from schema.template import Template

WORDS = (
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
    "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
)  # fmt: skip
_NUMBER = rf"(?<![\w.\u2013-])(?P<number>[0-9]{{1,4}}|{'|'.join(WORDS)})\s+"
COUNTED = re.compile(
    rf"{_NUMBER}(?:(?P<level>critical|high|medium|low)(?:[- ]risk)?\s+)?(?P<noun>threats|threat actors|mitigations|"
    r"assets|assumptions|worst actions|(?:trust )?zones|elements|attack chains|failure modes|residual risks)\b",
    re.IGNORECASE,
)
OF_A_LEVEL = re.compile(rf"{_NUMBER}(?P<level>critical|high|medium|low)(?=\s*(?:[,)]|and\b|$))", re.IGNORECASE)
NO_TOTAL = re.compile(
    r"\b(?:top|least|most|up to|over|than|about|nearly|almost|another|first|next|other|only|these|those|some)\s+$",
    re.IGNORECASE,
)
ALL = re.compile(r"\ball\s+(?:the\s+|of the\s+)?$", re.IGNORECASE)
SENTENCE_END = re.compile(r"[.;!?](?:\s|$)")
FARTHEST = 200
"""Characters after a count of threats in which its levels are looked for."""
Count = tuple[str, int, str]
"""The words as they stand, the number they say, and what is counted: a noun, or a level of threats."""


def look(template: Template, _facts: Facts) -> Iterator[Problem]:
    """Numbers in the text that differ from what the file holds."""
    derived: Mapping[str, int] = {}
    for path, text in prose(template):
        for said, number, what in _counts(path, text):
            derived = derived or _derived(template)
            if number != derived[what]:
                yield Problem(path, f"`{said}`: the file holds {derived[what]}. Correct the number, or leave it out.")


def _counts(path: Path, text: str) -> Iterator[Count]:
    everything = path in (("title",), ("summary",)) or path[:2] == ("scope", "included")
    if path[:1] == ("review",) or not (everything or "all" in text):
        return
    for match in COUNTED.finditer(text):
        before = text[max(match.start() - 24, 0) : match.start()]
        if ALL.search(before) or (everything and not NO_TOTAL.search(before)):
            yield _count(match, (match["level"] or match["noun"]).lower())
            yield from _of_levels(text, match)


def _of_levels(text: str, counted: "re.Match[str]") -> Iterator[Count]:
    """What follows a count of threats in the same sentence: `24 threats, 5 critical and 9 high`."""
    if counted["noun"].lower() != "threats" or counted["level"]:
        return
    rest = SENTENCE_END.split(text[counted.end() : counted.end() + FARTHEST], maxsplit=1)[0]
    yield from (_count(match, match["level"].lower()) for match in OF_A_LEVEL.finditer(rest))


def _count(match: "re.Match[str]", what: str) -> Count:
    number = match["number"].lower()
    said = " ".join(match.group().split())
    return said, WORDS.index(number) if number in WORDS else int(number), what


def _derived(template: Template) -> Mapping[str, int]:
    levels = Counter(level(threat.risk).lower() for threat in template.threats)
    return {
        "threats": len(template.threats),
        "mitigations": len(template.mitigations),
        "assets": len(template.assets),
        "threat actors": len(template.threat_actors),
        "assumptions": len(template.assumptions),
        "worst actions": len(template.worst_actions),
        "zones": len(template.diagram.zones),
        "trust zones": len(template.diagram.zones),
        "elements": len(template.diagram.elements),
        "attack chains": len(template.attack_chains),
        "failure modes": len(template.failure_modes),
        "residual risks": len(template.residual_risks),
        **{name.lower(): levels[name.lower()] for name in LEVELS},
    }


RULE = rule(__name__, __doc__, Severity.WARNING, look)
