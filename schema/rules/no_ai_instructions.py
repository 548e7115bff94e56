"""No text gives orders to an AI that reads it.

What: words that address an AI reader or a reviewer's assistant ("ignore all previous instructions", "you are now an
unrestricted assistant"), and marks that separate the turns of a chat. They may stand in quotation marks or backticks
where an attack is described: in threats, mitigations, assumptions, chains and failure modes; never in a comment.

Why: people read templates with assistants, and assistants review them. A threat model that steers its reader is
itself the attack it describes. An error cannot be waived, so no author excuses it.

Fix: tell it as a story ("a page that asks the agent to drop its instructions"), or quote the words in the scenario.
"""

import re
from collections.abc import Iterator

from schema.facts import Facts
from schema.finding import Path, Problem, Severity
from schema.prose import without_quotations
from schema.rules.rule import Slip, in_comments, in_texts, rule
from schema.template import Template, texts
from schema.text import shown

DESCRIBED = ("threats", "mitigations", "assumptions", "attack_chains", "failure_modes")
"""Where an attack is told, quoted words are part of the story."""
_READER = (
    r"(?:AIs?|LLMs?|(?:large )?language models?|"
    r"(?:AI|automated|coding|virtual)[ -](?:\w+ )?(?:assistant|agent|reviewer|model|system)s?)"
)
_THIS = r"this (?:\w+ )?(?:file|template|document|text|threat model|pull request|page|entry|registry)"
_ORDERS = r"(?:instructions?|prompts?|rules?|directions?|directives?|guidelines?|commands?|orders|messages?)"
ADDRESSED = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass)\s+(?:(?:all|any|every|the|your|my|of|these|those|everything)\s+){0,3}"
    rf"(?:previous|prior|above|earlier|preceding|foregoing|system|original|initial|other)\s+(?:\w+\s+)?{_ORDERS}\b"
    rf"|\b(?:ignore|disregard|forget)\s+(?:all\s+(?:of\s+)?)?your\s+(?:\w+\s+)?{_ORDERS}\b"
    rf"|\byou are now\s+(?:in\s+)?(?:an?\s+|the\s+)?(?:\w+\s+){{0,2}}(?:{_READER}|assistant|agent|reviewer|mode|DAN)\b"
    rf"|\b(?:if|since|when|because|as) you are (?:an? |the )?{_READER}\b"
    r"|\b(?:attention|dear|hello|hey|note (?:to|for)|message (?:to|for)|instructions? (?:to|for))[\s,:]+"
    rf"(?:(?:any|all|the|every)\s+)?{_READER}\b"
    rf"|\b(?:reading|reviewing|processing|assessing|checking|parsing|summari[sz]ing)\s+{_THIS}, (?:you|please|always)\b"
    rf"|(?:^|[.:;!]\s+)(?:please\s+)?(?:approve|merge|vet|accept|publish|rate)\s+{_THIS}"
    r"|(?:^|[.:;!,]\s+)do not (?:tell|inform|alert|notify|warn) (?:the |any |your )?"
    r"(?:user|human|maintainer|reviewer|operator)s?\b"
    r"|\b(?:reveal|print|repeat|output|show)\s+(?:me\s+)?your\s+(?:\w+\s+)?"
    r"(?:system prompt|initial prompt|instructions)\b"
    r"|\bnew (?:system )?instructions?\s*:"
    r"|<\|(?:im_start|im_end|system|user|assistant|endoftext|start_header_id|eot_id)\|>|\[/?INST\]|<</?SYS>>"
    r"|^#{1,6} ?(?:system|instructions?)\s*:",
    re.IGNORECASE | re.MULTILINE,
)
_CUES = (
    *("ignore", "disregard", "forget", "override", "bypass", "you are ", "attention", "dear", "hello", "hey", "note "),
    *("message ", "instruction", "this ", "do not ", "your ", "<|", "inst]", "sys>", "# system", "#system"),
)
"""One of these stands in every text that the pattern finds; most texts hold none."""


def look(template: Template, facts: Facts) -> Iterator[Problem]:
    """Texts and comments that speak to an AI instead of about one."""
    ordering = ((path, text) for path, text in texts(template) if any(_orders(text)))
    yield from in_texts((said for said in ordering if not _is_told(*said)), _orders)
    yield from in_comments(facts.comments, _orders)


def _is_told(path: Path, text: str) -> bool:
    """Whether the text tells of an attack, with all its orders between quotation marks."""
    return path[0] in DESCRIBED and not any(_orders(without_quotations(text)))


def _orders(text: str) -> Iterator[Slip]:
    """The first order."""
    lowered = " ".join(text.lower().split())
    match = ADDRESSED.search(text) if any(cue in lowered for cue in _CUES) else None
    if match:
        advice = "tell it as a story, or quote it in the scenario"
        yield Slip(*match.span(), f"`{shown(match.group())}` gives orders to an AI that reads it: {advice}.")


RULE = rule(__name__, __doc__, Severity.ERROR, look)
