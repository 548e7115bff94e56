"""Facts become a review: both gates, the one next thing to do, what was found, the ids, the stage and the clock."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from operator import attrgetter

from bot import places
from bot.answers import Answer, Hearing, hear
from bot.case import Case
from bot.checks import CHECKS
from bot.clock import Clock, clock
from bot.commands import Command
from bot.facts import PullRequest, Role
from bot.judgement import SeenTemplate
from bot.mends import Mend
from bot.numbering import (
    Wanted,
    id_of,
    missing,
    rows,
    same_threats,
    seen,
    threats,
    wishes,
    withdrawals,
    within_limit,
)
from bot.stages import HOLD, Ground, Stage, Staging, labels_after, staging
from bot.steps import Proposal
from bot.suggestions import proposals
from schema.finding import Finding, Place, Severity
from schema.ids import Ledger, State
from schema.transitions import Cause

NOTHING_HERE = "Nothing under templates/ is touched: there is no template to review."
NOT_LOOKED_AT = "I review pull requests to `{branch}` only. Please change the base of this one if it brings a template."
LEDGER_IS_OURS = (
    "The branch `threat-ids` is the ledger of threat ids: the registry writes it, and it takes no pull requests."
)

NEXT_MEND = "Mend what is listed below and push to the same branch; I look again by myself."
NEXT_MEND_WITH_CLICKS = (
    "Mend what is listed below and push to the same branch. Some of it you can accept with a click: *Files changed* "
    "holds the suggestions. I look again by myself."
)
NEXT_READY = "When you think it is ready, press *Ready for review*; until then nobody waits for you."
NEXT_AUTHOR = "A maintainer has asked you something: please answer, or push the change. Then the review goes on."
NEXT_OBJECTION = "A reviewer has asked for changes: please read the review and answer or push."
NEXT_HELD = "Nothing for you to do: a maintainer has put this on hold and says here when it goes on."
NEXT_TRIAGE = "Nothing for you to do: a maintainer takes it from here, by {due} at the latest."
NEXT_ASSESSMENT = "Nothing for you to do: reviewers read it now. To approve what stands here: `/approve {head}`"
NEXT_DOCUMENTATION = "Nothing for you to do: it is approved, and {wait}."
NEXT_MERGE = "Nothing for you to do: a maintainer merges it, and it appears in the catalogue with the next publication."


@dataclass(frozen=True)
class Gate:
    """A required status: pending, failure or success, and a sentence of at most 140 characters."""

    state: str
    description: str


@dataclass(frozen=True)
class NumberedThreat:
    """A threat whose file says no id yet, and its id in the ledger; `title` is the id's, when that is published."""

    subject: str
    id: str
    title: str = ""


@dataclass(frozen=True)
class Alike:
    """A threat whose file says no id, and known ids that read like it, each with its title."""

    subject: str
    known: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Ids:
    """The ids of a pull request. `wanted`: what to append; `due`: whether that comes to any row.

    `without`: threats without an id, None when the ledger cannot be reached; `beyond`: how many of these wait for
    `/assign-ids`; `rows`: of the ledger that was read; `alike`: threats that are likely known already.
    """

    numbered: tuple[NumberedThreat, ...] = ()
    alike: tuple[Alike, ...] = ()
    wanted: Wanted | None = None
    due: bool = False
    without: int | None = None
    beyond: int = 0
    rows: int = 0


@dataclass(frozen=True)
class Review:
    """Everything a visit says. `note`: the one line for a pull request that is not reviewed; then the gates are None.

    `findings` of the checks on the pull request stand before those of its files; a finding about the whole pull request
    has no file. `proposals`: the suggestions that should stand, those for ids first.
    """

    number: int
    head: str
    author: str
    newcomer: bool = False
    draft: bool = False
    note: str = ""
    content: Gate | None = None
    people: Gate | None = None
    next_step: str = ""
    templates: tuple[SeenTemplate, ...] = ()
    findings: tuple[Finding, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    ids: Ids = field(default_factory=Ids)
    staging: Staging = field(default_factory=Staging)
    clock: Clock = field(default_factory=Clock)
    overdue: bool = False
    held: bool = False
    digest: str = ""
    answers: tuple[Answer, ...] = ()

    @property
    def errors(self) -> int:
        """How many findings stand in the way."""
        return _count(self.findings, Severity.ERROR)

    @property
    def warnings(self) -> int:
        """How many findings ask for an answer."""
        return _count(self.findings, Severity.WARNING)


def review(case: Case) -> Review:
    """The review of a pull request, whatever state it is in. Reads nothing but the case."""
    pull_request = case.pull_request
    hearing = hear(case)
    bare = Review(
        number=pull_request.number,
        head=pull_request.head_sha,
        author=pull_request.author,
        newcomer=pull_request.newcomer,
        draft=pull_request.draft,
        held=HOLD in labels_after(case, hearing.accepted),
    )
    if places.is_reviewed(pull_request) and places.touches_templates(pull_request):
        return _full(case, hearing, bare)
    ids = _ids(case, hearing.accepted, bare.staging, 0)
    bare = replace(bare, ids=ids, answers=_answers(hearing, ids))
    if not places.is_reviewed(pull_request):
        return replace(bare, note=_note(case))
    gate = Gate("success", NOTHING_HERE)
    return replace(bare, content=gate, people=gate)


def _full(case: Case, hearing: Hearing, bare: Review) -> Review:
    findings = tuple(_findings(case))
    errors = _count(findings, Severity.ERROR)
    without = None if case.ledger is None else len(missing(case, case.ledger))
    staged = staging(case, hearing.accepted, Ground(case.is_sound, not errors, without))
    ids = _ids(case, hearing.accepted, staged, errors)
    ticking = clock(case.pull_request, case.roles, hearing.accepted)
    found = replace(
        bare,
        content=_content_gate(findings),
        people=_people_gate(staged, case.pull_request),
        templates=case.judgement.templates,
        findings=findings,
        proposals=proposals(bare.number, (*_id_mends(case, ids, staged), *case.judgement.mends), case.diff_lines),
        ids=ids,
        staging=staged,
        clock=ticking,
        overdue=ticking.is_overdue(case.moment) and staged.stage is Stage.TRIAGE,
        digest=case.judgement.digest,
        answers=_answers(hearing, ids),
    )
    return replace(found, next_step=_next_step(found, case))


def _answers(hearing: Hearing, ids: Ids) -> tuple[Answer, ...]:
    """The answers that may be given now: what takes effect in the ledger is answered when it stands there."""
    return tuple(answer for answer in hearing.answers if not (ids.due and answer.asks_ledger))


def _note(case: Case) -> str:
    """The one line for a pull request that is open and aims elsewhere."""
    pull_request = case.pull_request
    if pull_request.state != "open":
        return ""
    if pull_request.base_ref == places.LEDGER_BRANCH:
        return LEDGER_IS_OURS
    return NOT_LOOKED_AT.format(branch=pull_request.default_branch) if places.touches_templates(pull_request) else ""


# What was found


def _findings(case: Case) -> Iterator[Finding]:
    """Checks on the pull request first, then the files in the order of their paths and lines."""
    author = case.role(case.pull_request.author)
    for check in CHECKS:
        for fault in check.look(case.pull_request, author):
            severity = fault.severity or check.severity
            yield Finding(check.name, severity, fault.path, Place(1, 1, 1, 1), (), fault.message)
    yield from sorted(case.judgement.findings, key=attrgetter("file", "place"))


def _count(findings: tuple[Finding, ...], severity: Severity) -> int:
    return sum(finding.severity is severity for finding in findings)


def _content_gate(findings: tuple[Finding, ...]) -> Gate:
    errors, warnings = _count(findings, Severity.ERROR), _count(findings, Severity.WARNING)
    also = f", {counted(warnings, 'warning')}" if warnings else ""
    if errors:
        return Gate("failure", f"{counted(errors, 'error')} to mend{also}: the comment says where.")
    return Gate("success", f"No errors{also}.")


def counted(count: int, noun: str) -> str:
    """`1 error`, `2 errors`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


# The people


def _people_gate(staged: Staging, pull_request: PullRequest) -> Gate:
    if staged.stage is Stage.MERGE:
        return Gate("success", f"Approved by {len(staged.approved_by)}: a maintainer may merge.")
    if pull_request.draft or staged.stage is None:
        return Gate("pending", "A draft: the review begins when it is ready.")
    if staged.stage is Stage.TRIAGE:
        return Gate("pending", "Triage: a maintainer looks at it first.")
    wait = staged.waits[0] if staged.waits else "a maintainer has put it back"
    return Gate("pending", f"{staged.stage.capitalize()}: {wait}."[:140])


def _next_step(found: Review, case: Case) -> str:
    """The one thing to do next, for the author; the first that fits."""
    if found.errors:
        return NEXT_MEND_WITH_CLICKS if found.proposals else NEXT_MEND
    labels = case.pull_request.labels
    steps = (
        (found.draft, NEXT_READY),
        ("needs/author" in labels, NEXT_AUTHOR),
        (bool(case.pull_request.objections), NEXT_OBJECTION),
        (found.held, NEXT_HELD),
    )
    return next((text for fits, text in steps if fits), "") or _next_of_stage(found)


def _next_of_stage(found: Review) -> str:
    stage, waits = found.staging.stage, found.staging.waits
    if stage is Stage.MERGE:
        return NEXT_MERGE
    if stage is Stage.DOCUMENTATION:
        return NEXT_DOCUMENTATION.format(wait=waits[0] if waits else "a maintainer goes on with it")
    if stage is Stage.ASSESSMENT:
        return NEXT_ASSESSMENT.format(head=found.head)
    return NEXT_TRIAGE.format(due=day_and_hour(found.clock.due))


def day_and_hour(moment: str) -> str:
    """`2026-11-22T09:00:00Z` as `2026-11-22 09:00 UTC`."""
    return f"{moment[:10]} {moment[11:16]} UTC"


# The ids


def _ids(case: Case, accepted: tuple[Command, ...], staged: Staging, errors: int) -> Ids:
    """What the ledger has for this pull request, and what it is due."""
    ledger = case.ledger
    if ledger is None:
        return Ids()
    lacking = missing(case, ledger)
    ordered = [command for command in accepted if command.word == "assign-ids"]
    given = lacking if ordered else within_limit(case, ledger, lacking) if _are_due(case, staged, errors) else ()
    asker = next((command.by for command in ordered), staged.asker or case.pull_request.author)
    wanted = Wanted(
        cause=Cause(case.moment, asker, case.pull_request.number),
        seen=seen(case) if staged.stage else None,
        same=tuple(same_threats(case, accepted)),
        recategorise=wishes(case) if ordered else (),
        wishes=given,
        withdrawals=tuple(withdrawals(accepted)),
    )
    return Ids(
        numbered=tuple(_numbered(case, ledger)),
        alike=tuple(_alike(case, ledger)),
        wanted=wanted,
        due=bool(rows(ledger, wanted)),
        without=len(lacking),
        beyond=len(lacking) - len(given) if given else 0,
        rows=len(ledger.rows),
    )


def _are_due(case: Case, staged: Staging, errors: int) -> bool:
    """From assessment on; before, only for authors who may write here, as soon as nothing is wrong."""
    if staged.stage is None:
        return False
    trusted = case.role(case.pull_request.author).at_least(Role.WRITE)
    return staged.stage is not Stage.TRIAGE or (trusted and not errors)


def _numbered(case: Case, ledger: Ledger) -> Iterator[NumberedThreat]:
    for threat in threats(case):
        known = None if threat.id else id_of(case, ledger, threat.subject)
        if known:
            yield NumberedThreat(threat.subject, known, *ledger.titles(known)[:1])


def _alike(case: Case, ledger: Ledger) -> Iterator[Alike]:
    """Threats that read like known ones, but for those that have an id of the catalogue or of somebody's `/same-as`."""
    for threat in threats(case):
        own = id_of(case, ledger, threat.subject)
        known = [one for one in threat.alike if ledger.titles(one) and one != own]
        settled = own is not None and ledger.state(own) is State.PUBLISHED
        if known and not settled:
            yield Alike(threat.subject, tuple((one, ledger.titles(one)[0]) for one in known))


def _id_mends(case: Case, ids: Ids, staged: Staging) -> Iterator[Mend]:
    """The ids as suggestions, once the content is approved: before, every push would make them stale."""
    if staged.stage not in (Stage.DOCUMENTATION, Stage.MERGE):
        return
    known = {numbered.subject: numbered.id for numbered in ids.numbered}
    for threat in threats(case):
        if threat.slot and threat.subject in known:
            yield threat.slot.filled(known[threat.subject])
