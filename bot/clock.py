"""How long a contributor has waited, from the timeline's own events, so that nobody can set it back."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.case import Case
from bot.commands import DONE, Command, commands
from bot.facts import Event, PullRequest, Role

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


def clock(case: Case, accepted: Iterable[Command] = ()) -> Clock:
    """The clock of a pull request; a draft that never was ready has none. `accepted`: commands carried out just now."""
    start = _start(case.pull_request)
    if not start:
        return Clock()
    due = (datetime.strptime(start, _FORM) + TRIAGE_WITHIN).strftime(_FORM)
    return Clock(start, due, _first(start, _answers(case)), _first(start, _triaging(case, accepted)))


def _start(pull_request: PullRequest) -> str:
    """Opened as non-draft, else the last ready_for_review; again at the last reopening."""
    turns = [event for event in pull_request.events if event.kind in ("ready_for_review", "convert_to_draft")]
    was_draft = turns[0].kind == "ready_for_review" if turns else pull_request.draft
    ready = [event.at for event in turns if event.kind == "ready_for_review"]
    opened = max(ready, default="") if was_draft else pull_request.opened_at
    reopened = [event.at for event in pull_request.events if event.kind == "reopened"]
    return max([opened, *reopened]) if opened else ""


def _answers(case: Case) -> Iterator[str]:
    """Comments, reviews and labels by people of triage and up who are not the author; only they can set labels."""
    author = case.pull_request.author
    for comment in case.pull_request.comments:
        if comment.author != author and not comment.bot and case.role(comment.author).at_least(Role.TRIAGE):
            yield comment.at
    for event in case.pull_request.events:
        trusted = event.kind == "labeled" or (event.kind == "reviewed" and case.role(event.by).at_least(Role.TRIAGE))
        if trusted and event.by != author and not event.bot:
            yield event.at


def _triaging(case: Case, accepted: Iterable[Command]) -> Iterator[str]:
    """What takes it out of triage: a person's label or `/assess`, a question to the author, its end."""
    yield from (event.at for event in case.pull_request.events if not event.bot and _triages(event))
    done = (command for command in commands(case.pull_request) if command.answered == DONE)
    yield from (command.at for command in (*done, *accepted) if command.word == "assess")


def _triages(event: Event) -> bool:
    forward = event.label.startswith("stage/") and event.label != "stage/triage"
    return event.kind == "closed" or (event.kind == "labeled" and (forward or event.label == "needs/author"))


def _first(start: str, moments: Iterator[str]) -> str:
    return min((moment for moment in moments if moment >= start), default="")
