"""How long a contributor has waited, from the timeline's own events, so that nobody can set it back."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.commands import DONE, Command, commands, proven_answers
from bot.facts import Event, Role, Talk

TRIAGE_WITHIN = timedelta(hours=48)
_FORM = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True)
class Clock:
    """Moments in UTC; empty where it has not come to that. `due`: until when a person has triaged it."""

    start: str = ""
    due: str = ""
    first_answer: str = ""
    triaged: str = ""

    def is_overdue(self, moment: str) -> bool:
        """Whether the promise is broken at this moment."""
        return bool(self.due) and not self.triaged and moment > self.due


def clock(talk: Talk, roles: Mapping[str, Role], accepted: Iterable[Command] = ()) -> Clock:
    """The clock of an issue or a pull request; a draft that never was ready has none.

    `roles`: without them only what the thread itself proves is an answer. `accepted`: commands carried out just now.
    """
    start = _start(talk)
    if not start:
        return Clock()
    due = (datetime.strptime(start, _FORM) + TRIAGE_WITHIN).strftime(_FORM)
    return Clock(start, due, _first(start, _answers(talk, roles)), _first(start, _triaging(talk, accepted)))


def _start(talk: Talk) -> str:
    """Opened as non-draft, else the last ready_for_review; again at the last reopening."""
    turns = [event for event in talk.events if event.kind in ("ready_for_review", "convert_to_draft")]
    was_draft = turns[0].kind == "ready_for_review" if turns else talk.draft
    ready = [event.at for event in turns if event.kind == "ready_for_review"]
    opened = max(ready, default="") if was_draft else talk.opened_at
    reopened = [event.at for event in talk.events if event.kind == "reopened"]
    return max([opened, *reopened]) if opened else ""


def _answers(talk: Talk, roles: Mapping[str, Role]) -> Iterator[str]:
    """Comments, reviews, labels and commands by people of triage and up who are not the author."""
    author = talk.author

    def may(login: str) -> bool:
        return roles.get(login, Role.NONE).at_least(Role.TRIAGE)

    yield from proven_answers(talk)
    for comment in talk.comments:
        if comment.author != author and not comment.bot and may(comment.author):
            yield comment.at
    for event in talk.events:
        if event.kind == "reviewed" and event.by != author and may(event.by):
            yield event.at


def _triaging(talk: Talk, accepted: Iterable[Command]) -> Iterator[str]:
    """What takes it out of triage: a person's label or `/assess`, a question to the author, its end."""
    yield from (event.at for event in talk.events if not event.bot and _triages(event))
    done = (command for command in commands(talk) if command.answered == DONE)
    yield from (command.at for command in (*done, *accepted) if command.word == "assess")


def _triages(event: Event) -> bool:
    forward = event.label.startswith("stage/") and event.label != "stage/triage"
    return event.kind == "closed" or (event.kind == "labeled" and (forward or event.label == "needs/author"))


def _first(start: str, moments: Iterator[str]) -> str:
    return min((moment for moment in moments if moment >= start), default="")
