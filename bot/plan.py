"""What stands on the pull request is compared with the review: the missing steps, in the order to take them."""

from collections.abc import Iterator

from bot import suggestions
from bot.case import House
from bot.comment import NOTE, REPLY, REVIEW, note_comment, reply_comment, review_comment, verdict
from bot.facts import Comment, PullRequest
from bot.gates import STATUSES, Gates
from bot.mark import Mark, digest_now, fingerprint, read
from bot.review import Review
from bot.stages import HOLD, OVERDUE, PREFIX, Stage
from bot.steps import (
    Assign,
    CommitIds,
    Label,
    Minimize,
    React,
    Reword,
    Say,
    Step,
    Suggest,
    Unsay,
    Unsuggest,
)

OFF = "bot/off"


def plan(
    standing: PullRequest, found: Review, house: House, commit: CommitIds | None = None, gates: Gates = STATUSES
) -> tuple[Step, ...]:
    """The steps that are missing. After they were taken there are none.

    `commit`: ids to write on a branch (App); it goes alone, since it moves the head and the visit begins again.
    `gates`: how the gates stand on a commit.
    """
    if OFF in standing.labels:
        return ()
    if commit is not None:
        return (commit,)
    return (
        *gates.at_once(standing, found, house),
        *_comments(standing, found, house),
        *_suggestions(standing, found),
        *_labels(standing, found),
        *_assigned(standing, found),
        *gates.at_last(standing, found, house),
        *_answers(standing, found),
    )


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
    elif digest_now(ours[0][0].body) != fingerprint(found.note):
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
    elif current[0][1] != read(text) or digest_now(current[0][0].body) != digest_now(text):
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


def _assigned(standing: PullRequest, found: Review) -> Iterator[Assign]:
    """Who took it out of triage sees to it; whoever took themselves off again is not put back."""
    asker = found.staging.asker
    begun = found.staging.stage not in (None, Stage.TRIAGE)
    if begun and asker and not standing.assigned:
        yield Assign(asker)


def _answers(standing: PullRequest, found: Review) -> Iterator[Step]:
    """The reply, then the reaction: what is marked as answered has been."""
    replied = {mark.re for _, mark in _ours(standing, REPLY)}
    for answer in found.answers:
        if answer.reply and answer.comment not in replied:
            yield Say(reply_comment(found, answer))
        yield React(answer.comment, answer.reaction)
