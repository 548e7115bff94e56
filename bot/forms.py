"""What somebody wrote into an issue form, read from the Markdown that GitHub makes of it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

MOST_CHARACTERS = 65_536
_EMPTY = "_No response_"
_PRIVATE = re.compile(r"^- \[ \] This (?:is not|does not give away|gives away no) (?:a live )?vulnerability\b", re.M)
"""The box that says it is no live vulnerability, and is not ticked; the form lets nobody send it like that."""
_LIVE = re.compile(
    r"\b(?:(?:my|our|this|an?(?: new| working| unpatched)) (?:0[- ]?day|zero[- ]day)"
    r"|(?:responsible|coordinated) disclosure|under embargo|undisclosed|still unpatched"
    r"|not (?:yet )?(?:been )?(?:patched|fixed|disclosed)|no patch (?:yet|exists))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Question:
    """A question of a form. `needed`: the form asks for an answer; `told`: the answer is part of the story itself."""

    label: str
    needed: bool = False
    told: bool = False


@dataclass(frozen=True)
class Form:
    """A form as it was filled in: answers by question, of every question that has one."""

    name: str
    answers: Mapping[str, str] = field(default_factory=dict)
    is_live: bool = False
    """Whether it looks like a vulnerability that is not public yet."""

    @property
    def story(self) -> str:
        """What happens, in the writer's words."""
        return "\n\n".join(self.answers.get(one.label, "") for one in FORMS[self.name] if one.told).strip()

    @property
    def missing(self) -> tuple[str, ...]:
        """Questions without an answer that the form asks for."""
        return tuple(one.label for one in FORMS[self.name] if one.needed and one.label not in self.answers)

    @property
    def helpful(self) -> tuple[str, ...]:
        """Other questions without an answer, that would help."""
        return tuple(one.label for one in FORMS[self.name] if not one.needed and one.label not in self.answers)


FORMS: Mapping[str, tuple[Question, ...]] = {
    "threat": (
        Question("What could happen?", needed=True, told=True),
        Question("To what?", needed=True, told=True),
        Question("How likely is it?", needed=True),
        Question("What helps against it?"),
        Question("How do you know?"),
    ),
    "attack-chain": (
        Question("What does the attacker want in the end?", needed=True, told=True),
        Question("What do they have at the start?", needed=True),
        Question("Step by step, what happens?", needed=True, told=True),
        Question("Where?", needed=True),
        Question("Where can it be broken?"),
        Question("How do you know?"),
    ),
    "mitigation": (
        Question("What does it help against?", needed=True, told=True),
        Question("What exactly should be done?", needed=True, told=True),
        Question("Which product and version did you use?"),
        Question("Can people have it today?", needed=True),
        Question("How can one see that it works?"),
        Question("What does it not stop?"),
        Question("How do you know?"),
    ),
    "correction": (
        Question("Where is it?", needed=True),
        Question("What does it say or do now?", needed=True),
        Question("What should it say or do?"),
        Question("How do you know?", needed=True),
    ),
}
"""By the label that the form puts on; how to be named, and the boxes, are nobody's to ask for again."""
_LAST = ("How shall we name you?", "Before you send it")


def filled_in(body: str, labels: Iterable[str]) -> Form | None:
    """The form in an issue's body; None where no form's label is on it."""
    name = next((name for name in FORMS if name in frozenset(labels)), "")
    if not name:
        return None
    text = body[:MOST_CHARACTERS].replace("\r\n", "\n")
    labels_in_order = (*(one.label for one in FORMS[name]), *_LAST)
    answers = {label: answer for label, answer in _answers(text, labels_in_order) if answer and answer != _EMPTY}
    is_live = bool(_PRIVATE.search(text) or _LIVE.search(text))
    return Form(name, {label: answer for label, answer in answers.items() if label not in _LAST}, is_live)


def _answers(text: str, labels: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Each question with what stands below it up to the next one of the form, in the form's order."""
    found: list[tuple[str, int, int]] = []
    reached = 0
    for label in labels:
        heading = re.compile(rf"^### {re.escape(label)}[ \t]*$", re.MULTILINE).search(text, reached)
        if heading:
            found.append((label, heading.start(), heading.end()))
            reached = heading.end()
    for (label, _, start), (_, end, _) in pairwise((*found, ("", len(text), 0))):
        yield label, text[start:end].strip()
