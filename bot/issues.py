"""What is answered to an issue from a form: once, in one comment that is kept true; and the steps that are missing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.case import House
from bot.clock import Clock, clock
from bot.escape import address, code, plain
from bot.facts import Comment, Thread
from bot.forms import Form, filled_in
from bot.mark import Mark, digest_now, fingerprint, marked, read
from bot.plan import OFF
from bot.stages import OVERDUE
from bot.steps import Label, Lock, Reword, Say, Step, Unsay
from schema.suggestion import Known, Suggestion, suggest

KIND = "issue"
PRIVATE = "needs/private-route"
"""On an issue that looks like a live vulnerability; a person who takes it off says that it is none."""
MOST_SHOWN = 3

_LIVE = (
    "This looks like a vulnerability that is not public yet, so this issue is locked: please send it privately, "
    "[this way]({route}), and say no more about it here."
)
_HELLO = "Thank you for telling us. A program has compared it with what is known here; people decide."
_MISSING = "**Still missing**, best added by editing the issue: {questions}."
_HELPFUL = "Would help, if you know it: {questions}."
_NEW = "It shares no word with what is known here: it may well be new."
_CATEGORY = "**Category**: {categories}."
_ALIKE = "**Known threats that read like it**, perhaps the same, perhaps not:"
_TECHNIQUES = "**Techniques of MITRE ATLAS to look at**, suggestions to be read before anyone cites them:"
_WAITS = "**What happens next**: somebody looks at it by {due} (UTC)."
_TRIAGED = "**What happens next**: a person has looked at it on {at} (UTC) and goes on from there."


@dataclass(frozen=True)
class Shelf:
    """What an issue is compared with, and where things are. `techniques`: the names of ATLAS by id."""

    known: Known
    techniques: Mapping[str, Mapping[str, Any]]
    house: House
    repository: str


def missing_steps(issue: Thread, shelf: Shelf, moment: str) -> tuple[Step, ...]:
    """The steps between what stands on an issue and what should; none for one that is from no form."""
    form = filled_in(issue.body, issue.labels)
    if form is None or OFF in issue.labels or issue.state != "open":
        return ()
    if form.is_live and not _is_cleared(issue):
        return tuple(_sent_elsewhere(issue, shelf))
    ticking = clock(issue, {})
    overdue = ticking.is_overdue(moment)
    late = [Label(OVERDUE, on=overdue)] if overdue != (OVERDUE in issue.labels) else []
    return (*_said(issue, answer(form, shelf, ticking)), *late)


def is_due(issue: Thread, moment: str) -> bool:
    """Whether a sweep has to look at an open issue from a form: it has no answer, or the clock says what no label does.

    What its body says need not be known for that.
    """
    if PRIVATE in issue.labels or OFF in issue.labels:
        return False
    overdue = clock(issue, {}).is_overdue(moment)
    return not any(map(_is_answer, issue.comments)) or overdue != (OVERDUE in issue.labels)


def answer(form: Form, shelf: Shelf, ticking: Clock) -> str:
    """The answer, in Markdown. Nothing of what was written stands in it: only questions of ours, ids and titles."""
    blocks = [_HELLO, *_asked(form), *_likened(form, shelf), _next(ticking)]
    return "\n\n".join(blocks)


def _sent_elsewhere(issue: Thread, shelf: Shelf) -> Iterator[Step]:
    """Label, lock, one line, in this order: once the line stands, a lock that is gone was opened by a person."""
    if PRIVATE not in issue.labels:
        yield Label(PRIVATE, on=True)
    route = f"{shelf.house.forge}/{address(shelf.repository)}/security/policy"
    steps = tuple(_said(issue, _LIVE.format(route=route)))
    if steps and not issue.locked:
        yield Lock()
    yield from steps


def _is_cleared(issue: Thread) -> bool:
    return PRIVATE not in issue.labels and any(
        event.kind == "unlabeled" and event.label == PRIVATE and not event.bot for event in issue.events
    )


def _said(issue: Thread, body: str) -> Iterator[Step]:
    """One comment of ours, the oldest; another visit's twin is taken back."""
    ours = [comment for comment in sorted(issue.comments, key=lambda one: one.id) if _is_answer(comment)]
    text = marked(Mark(KIND, issue.number), body)
    if not ours:
        yield Say(text)
    elif digest_now(ours[0].body) != fingerprint(body):
        yield Reword(ours[0].id, text)
    yield from (Unsay(comment.id) for comment in ours[1:])


def _is_answer(comment: Comment) -> bool:
    mark = read(comment.body) if comment.ours else None
    return mark is not None and mark.kind == KIND


def _asked(form: Form) -> Iterator[str]:
    if form.missing:
        yield _MISSING.format(questions=_quoted(form.missing))
    if form.helpful:
        yield _HELPFUL.format(questions=_quoted(form.helpful))


def _quoted(labels: tuple[str, ...]) -> str:
    return ", ".join(f"“{label}”" for label in labels)


def _likened(form: Form, shelf: Shelf) -> Iterator[str]:
    if not form.story:
        return
    found = suggest(shelf.known, form.story)
    if not (found.categories or found.threats):
        yield _NEW
        return
    yield _CATEGORY.format(categories=_categories(found))
    if found.threats:
        yield "\n".join((_ALIKE, "", *(_threat(shelf, match.key) for match in found.threats[:MOST_SHOWN])))
    if found.techniques:
        yield "\n".join((_TECHNIQUES, "", *(_technique(shelf, match.key) for match in found.techniques[:MOST_SHOWN])))


def _categories(found: Suggestion) -> str:
    if found.clear_category:
        return f"likely `{found.categories[0]}`"
    return f"none stands out; perhaps {', '.join(f'`{name}`' for name in found.categories)}"


def _threat(shelf: Shelf, key: str) -> str:
    example = shelf.known.examples[key]
    return f"- {code(key)} “{plain(example.title)}” ({code(example.category)})"


def _technique(shelf: Shelf, key: str) -> str:
    """A sub-technique's name says little without its parent's."""
    entry = shelf.techniques[key]
    parent = f"{shelf.techniques[entry['parent']]['name']}: " if "parent" in entry else ""
    return f"- `{key}` {plain(parent + str(entry['name']))}"


def _next(ticking: Clock) -> str:
    if ticking.triaged:
        return _TRIAGED.format(at=_day(ticking.triaged))
    return _WAITS.format(due=_day(ticking.due))


def _day(moment: str) -> str:
    return moment[:16].replace("T", " ")
