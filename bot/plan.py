"""What stands on the pull request is compared with the review: the missing steps, in the order to take them."""

import hashlib
from collections.abc import Iterator

from bot import suggestions
from bot.case import House
from bot.comment import NOTE, REPLY, REVIEW, note_comment, reply_comment, review_comment, verdict
from bot.facts import Comment, PullRequest, Status
from bot.mark import Mark, fingerprint, read
from bot.review import Gate, Review
from bot.stages import HOLD, OVERDUE, PREFIX
from bot.steps import (
    Annotation,
    CommitIds,
    Label,
    Minimize,
    PostFindings,
    React,
    Reword,
    Say,
    SetStatus,
    Step,
    Suggest,
    Unsay,
    Unsuggest,
)
from schema.finding import Finding, Severity
from schema.reports.text import page_of

CONTENT, PEOPLE = "threatshelf / review", "threatshelf / stage"
OFF = "bot/off"
BUSY = "I am looking at it."
MOST_ANNOTATIONS = 50
FINDINGS_TITLE = "{count} findings"
FINDINGS_SUMMARY = "{shown} of {count} findings are shown on their lines; the comment on the pull request has them all."

_LEVELS = {Severity.ERROR: "failure", Severity.WARNING: "warning", Severity.HINT: "notice"}


def plan(standing: PullRequest, found: Review, house: House, commit: CommitIds | None = None) -> tuple[Step, ...]:
    """The steps that are missing. After they were taken there are none.

    `commit`: ids to write on a branch (App); it goes alone, since it moves the head and the visit begins again.
    """
    if OFF in standing.labels:
        return ()
    if commit is not None:
        return (commit,)
    return (
        *_gates_at_once(standing, found),
        *_annotations(standing, found, house),
        *_comments(standing, found, house),
        *_suggestions(standing, found),
        *_labels(standing, found),
        *_gates_at_last(standing, found),
        *_answers(standing, found),
    )


# Gates


def _gates(found: Review) -> tuple[tuple[str, Gate], ...]:
    every = ((CONTENT, found.content), (PEOPLE, found.people))
    return tuple((context, gate) for context, gate in every if gate is not None)


def _gates_at_once(standing: PullRequest, found: Review) -> Iterator[SetStatus]:
    """What may not stay green, or not stay empty, while the other steps are taken."""
    for context, gate in _gates(found):
        shown = standing.statuses.get(context)
        if gate.state != "success":
            yield from _status(standing, context, gate)
        elif shown is None or shown.state not in ("success", "pending"):
            yield from _status(standing, context, Gate("pending", BUSY))


def _gates_at_last(standing: PullRequest, found: Review) -> Iterator[SetStatus]:
    """Green comes when all the rest stands."""
    for context, gate in _gates(found):
        if gate.state == "success":
            yield from _status(standing, context, gate)


def _status(standing: PullRequest, context: str, gate: Gate) -> Iterator[SetStatus]:
    if standing.statuses.get(context) != Status(gate.state, gate.description):
        yield SetStatus(standing.head_sha, context, gate.state, gate.description)


# Findings on their lines


def _annotations(standing: PullRequest, found: Review, house: House) -> Iterator[PostFindings]:
    placed = [finding for finding in found.findings if finding.file]
    digest = _digest_of(found)
    if digest in standing.check_runs or not (placed or standing.check_runs):
        return
    shown = sorted(placed, key=lambda finding: list(_LEVELS).index(finding.severity))[:MOST_ANNOTATIONS]
    yield PostFindings(
        commit=found.head,
        external_id=digest,
        conclusion="failure" if found.errors else "success",
        title=FINDINGS_TITLE.format(count=len(found.findings)),
        summary=FINDINGS_SUMMARY.format(shown=len(shown), count=len(found.findings)),
        annotations=tuple(_annotation(finding, house) for finding in shown),
    )


def _digest_of(found: Review) -> str:
    lines = (repr((f.rule, str(f.severity), f.file, f.place, f.message)) for f in found.findings)
    return hashlib.sha256("\n".join([found.head, *lines]).encode("utf-8", "surrogatepass")).hexdigest()


def _annotation(finding: Finding, house: House) -> Annotation:
    text = f"{finding.message}\n{page_of(finding.rule, house.pages)}"
    place = finding.place
    return Annotation(finding.file, place.line, place.end_line, _LEVELS[finding.severity], finding.rule, text)


# The comment


def _comments(standing: PullRequest, found: Review, house: House) -> Iterator[Step]:
    if found.note:
        yield from _note(standing, found)
    if found.next_step:
        yield from _review(standing, found, house)


def _note(standing: PullRequest, found: Review) -> Iterator[Step]:
    ours = _ours(standing, NOTE)
    if not ours:
        yield Say(note_comment(found))
    elif ours[0][1].digest != fingerprint(found.note):
        yield Reword(ours[0][0].id, note_comment(found))


def _review(standing: PullRequest, found: Review, house: House) -> Iterator[Step]:
    """One comment for each verdict: reworded while the verdict stays, a new one when it changes."""
    ours = _ours(standing, REVIEW)
    newest = max((mark.serial for _, mark in ours), default=0)
    current = [(comment, mark) for comment, mark in ours if mark.serial == newest]
    same = bool(current) and current[0][1].verdict == verdict(found)
    text = review_comment(found, (standing.repository, house), newest if same else newest + 1)
    if not same:
        yield Say(text)
    elif current[0][1] != read(text):
        yield Reword(current[0][0].id, text)
    if same:
        yield from (Unsay(comment.id) for comment, _ in current[1:])
    old = [comment for comment, mark in ours if not (same and mark.serial == newest)]
    yield from (Minimize(comment.node_id) for comment in old if not comment.minimized)


def _ours(standing: PullRequest, kind: str) -> list[tuple[Comment, Mark]]:
    """Our own comments of a kind with their marks, oldest first."""
    comments = sorted((comment for comment in standing.comments if comment.ours), key=lambda comment: comment.id)
    marks = ((comment, read(comment.body)) for comment in comments)
    return [(comment, mark) for comment, mark in marks if mark is not None and mark.kind == kind]


# Suggestions, labels, answers


def _suggestions(standing: PullRequest, found: Review) -> Iterator[Step]:
    wanted = found.proposals
    lacking = suggestions.missing(wanted, standing.suggestions)
    if lacking:
        yield Suggest(found.head, lacking)
    yield from (Unsuggest(old.id) for old in suggestions.outdated(wanted, standing.suggestions))


def _labels(standing: PullRequest, found: Review) -> Iterator[Label]:
    """Exactly one label for the stage; the others only where a command or the clock says so."""
    own = {found.staging.stage.label} if found.staging.stage else set()
    wanted = own | ({HOLD} if found.held else set()) | ({OVERDUE} if found.overdue else set())
    ruled = {label for label in standing.labels if label.startswith(PREFIX) or label in (HOLD, OVERDUE)}
    yield from (Label(name, on=True) for name in sorted(wanted - ruled))
    yield from (Label(name, on=False) for name in sorted(ruled - wanted))


def _answers(standing: PullRequest, found: Review) -> Iterator[Step]:
    """The reply, then the reaction: what is marked as answered has been."""
    replied = {mark.re for _, mark in _ours(standing, REPLY)}
    for answer in found.answers:
        if answer.reply and answer.comment not in replied:
            yield Say(reply_comment(found, answer))
        yield React(answer.comment, answer.reaction)
