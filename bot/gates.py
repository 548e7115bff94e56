"""The two gates as they stand on a commit: commit statuses where Actions speaks, check runs where the App does."""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Protocol

from bot.case import House
from bot.facts import PullRequest, Status
from bot.review import Gate, Review
from bot.steps import Annotate, Annotation, BeginCheck, PostFindings, SetCheck, SetStatus, Step
from schema.finding import Finding, Severity
from schema.reports.text import page_of

CONTENT, PEOPLE = "threatshelf / review", "threatshelf / stage"
BUSY = "I am looking at it."
OURS = "The review could not be made, which is our fault. We try again; nothing for you to do."
OURS_FOR_LONG = (
    "The review could not be made for an hour, which is our fault: a maintainer has to look. We go on trying."
)
FAILING_FOR_LONG = timedelta(hours=1)
BATCH = 50
"""Annotations that one request may carry."""
MOST_BATCHES = 4
"""Requests with annotations for one verdict of the App; what is beyond stands in the comment."""
FINDINGS_TITLE = "{count} findings"
NO_FINDINGS = "Nothing was found."
FINDINGS_SUMMARY = "{shown} of {count} findings are shown on their lines; the comment on the pull request has them all."

_LEVELS = {Severity.ERROR: "failure", Severity.WARNING: "warning", Severity.HINT: "notice"}
_FORM = "%Y-%m-%dT%H:%M:%SZ"


class Gates(Protocol):
    """How gates are made to stand: each gives the steps that are missing, none where all is as it should be."""

    def opening(self, standing: PullRequest) -> Iterator[Step]:
        """What is said before anything was read: that somebody looks, where nothing was said yet."""

    def at_once(self, standing: PullRequest, found: Review, house: House) -> Iterator[Step]:
        """What may not stay green, or not stay empty, while the other steps are taken; and findings on their lines."""

    def at_last(self, standing: PullRequest, found: Review, house: House) -> Iterator[Step]:
        """Green, which comes when all the rest stands."""

    def excuses(self, standing: PullRequest, moment: str) -> Iterator[Step]:
        """Our own failure, where no verdict stands: pending, and an error once it has been so for an hour."""


def _wanted(found: Review) -> tuple[tuple[str, Gate], ...]:
    every = ((CONTENT, found.content), (PEOPLE, found.people))
    return tuple((name, gate) for name, gate in every if gate is not None)


def _is_old(at: str, moment: str) -> bool:
    """Whether an hour has gone by since then."""
    return bool(at) and datetime.strptime(moment, _FORM) - datetime.strptime(at, _FORM) >= FAILING_FOR_LONG


# Statuses


class Statuses:
    """Commit statuses, and the findings as one concluded check run beside them."""

    def opening(self, _standing: PullRequest) -> Iterator[Step]:
        """Nothing: the job that reads may not write."""
        yield from ()

    def at_once(self, standing: PullRequest, found: Review, house: House) -> Iterator[Step]:
        """Statuses that are not green, then the findings."""
        for context, gate in _wanted(found):
            shown = standing.statuses.get(context)
            if gate.state != "success":
                yield from _status(standing, context, gate)
            elif shown is None or shown.state not in ("success", "pending"):
                yield from _status(standing, context, Gate("pending", BUSY))
        yield from _findings(standing, found, house)

    def at_last(self, standing: PullRequest, found: Review, _house: House) -> Iterator[Step]:
        """Statuses that are green."""
        for context, gate in _wanted(found):
            if gate.state == "success":
                yield from _status(standing, context, gate)

    def excuses(self, standing: PullRequest, moment: str) -> Iterator[Step]:
        """A verdict that stands was right and stays."""
        for context in (CONTENT, PEOPLE):
            shown = standing.statuses.get(context)
            if shown is None or (shown.state == "pending" and shown.description != OURS):
                yield from _status(standing, context, Gate("pending", OURS))
            elif shown.state == "pending" and _is_old(shown.at, moment):
                yield from _status(standing, context, Gate("error", OURS_FOR_LONG))


def _status(standing: PullRequest, context: str, gate: Gate) -> Iterator[SetStatus]:
    if standing.statuses.get(context) != Status(gate.state, gate.description):
        yield SetStatus(standing.head_sha, context, gate.state, gate.description)


def _findings(standing: PullRequest, found: Review, house: House) -> Iterator[PostFindings]:
    placed = _placed(found)
    digest = _digest_of(found)
    if digest in standing.check_runs or not (placed or standing.check_runs):
        return
    shown = placed[:BATCH]
    yield PostFindings(
        commit=found.head,
        external_id=digest,
        conclusion="failure" if found.errors else "success",
        title=FINDINGS_TITLE.format(count=len(found.findings)),
        summary=FINDINGS_SUMMARY.format(shown=len(shown), count=len(found.findings)),
        annotations=_annotations(shown, house),
    )


# Check runs


class CheckRuns:
    """Check runs of the App: under way, then concluded with the findings on their lines, and never changed again."""

    def opening(self, standing: PullRequest) -> Iterator[Step]:
        """Both runs under way, where the head has none yet."""
        yield from (_begun(standing, name) for name in (CONTENT, PEOPLE) if name not in standing.runs)

    def at_once(self, standing: PullRequest, found: Review, house: House) -> Iterator[Step]:
        """Runs that are not green; where a red one is to become green, one that is under way."""
        for name, gate in _wanted(found):
            shown = standing.runs.get(name)
            if gate.state != "success":
                yield from _run(standing, found, (name, gate), house)
            elif shown is None or shown.state not in ("success", "pending"):
                yield _begun(standing, name)

    def at_last(self, standing: PullRequest, found: Review, house: House) -> Iterator[Step]:
        """Runs that are green."""
        for name, gate in _wanted(found):
            if gate.state == "success":
                yield from _run(standing, found, (name, gate), house)

    def excuses(self, standing: PullRequest, moment: str) -> Iterator[Step]:
        """An open run says that it is our failure, and is called off after an hour."""
        for name in (CONTENT, PEOPLE):
            shown = standing.runs.get(name)
            if shown is None or (shown.is_open and shown.title != OURS):
                yield _said(standing, (name, Gate("pending", OURS)), OURS)
            elif shown.is_open and _is_old(shown.at, moment):
                yield _said(standing, (name, Gate("error", OURS_FOR_LONG)), OURS_FOR_LONG)


def _begun(standing: PullRequest, name: str) -> BeginCheck:
    return BeginCheck(standing.head_sha, name, _external_id(standing), BUSY)


def _external_id(standing: PullRequest) -> str:
    """By this a request to run the check again finds its pull request; of a fork's GitHub does not name it."""
    return f"pr/{standing.number}"


def _said(standing: PullRequest, named: tuple[str, Gate], summary: str) -> SetCheck:
    name, gate = named
    return SetCheck(standing.head_sha, name, _external_id(standing), gate.state, gate.description, summary)


def _run(standing: PullRequest, found: Review, named: tuple[str, Gate], house: House) -> Iterator[Step]:
    """The run as it should stand, and the batches of annotations it lacks."""
    name, gate = named
    notes = _annotations(_placed(found)[: BATCH * MOST_BATCHES], house) if name == CONTENT else ()
    summary = _summary(found, len(notes)) if name == CONTENT else gate.description
    shown, there = standing.runs.get(name), 0
    if shown is not None and (shown.state, shown.title, shown.summary) == (gate.state, gate.description, summary):
        there = shown.annotations
    else:
        there = min(BATCH, len(notes))
        said = _said(standing, named, summary)
        yield SetCheck(said.commit, name, said.external_id, said.state, said.title, summary, notes[:BATCH])
    for start in range(there, len(notes), BATCH):
        yield Annotate(standing.head_sha, name, gate.description, summary, start, notes[start : start + BATCH])


def _summary(found: Review, shown: int) -> str:
    """How many findings stand on lines, and which findings: equal words mean the same verdict."""
    count = len(found.findings)
    told = FINDINGS_SUMMARY.format(shown=shown, count=count) if count else NO_FINDINGS
    return f"{told}\n\n<!-- {_digest_of(found)} -->"


# Findings on their lines


def _placed(found: Review) -> tuple[Finding, ...]:
    """Findings that have a file, the worst first."""
    placed = (finding for finding in found.findings if finding.file)
    return tuple(sorted(placed, key=lambda finding: list(_LEVELS).index(finding.severity)))


def _digest_of(found: Review) -> str:
    lines = (repr((f.rule, str(f.severity), f.file, f.place, f.message)) for f in found.findings)
    return hashlib.sha256("\n".join([found.head, *lines]).encode("utf-8", "surrogatepass")).hexdigest()


def _annotations(findings: Iterable[Finding], house: House) -> tuple[Annotation, ...]:
    return tuple(_annotation(finding, house) for finding in findings)


def _annotation(finding: Finding, house: House) -> Annotation:
    text = f"{finding.message}\n{page_of(finding.rule, house.pages)}"
    place = finding.place
    return Annotation(finding.file, place.line, place.end_line, _LEVELS[finding.severity], finding.rule, text)


STATUSES: Gates = Statuses()
CHECK_RUNS: Gates = CheckRuns()
