"""A review becomes one comment: the verdict, the one next thing to do, and below it everything else, folded."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from bot.answers import Answer
from bot.case import House
from bot.changes import Line
from bot.checks import CHECKS
from bot.escape import address, code, fenced, message, plain
from bot.judgement import SeenTemplate
from bot.mark import Mark, marked
from bot.places import folder_of
from bot.review import Alike, NumberedThreat, Review, counted, day_and_hour
from bot.stages import Stage
from schema.compare import Figures
from schema.finding import Finding, Severity
from schema.reports.text import page_of

LONGEST = 64_000
"""Characters; GitHub refuses more than 65,536."""

OPEN_FINDINGS, MOST_FINDINGS = 10, 150
OPEN_CHANGES, MOST_KEYS, MOST_IDS, MOST_ALIKE = 6, 8, 60, 8
LONGEST_KEY = 120
LONGEST_DIAGRAM = 20_000

REVIEW, NOTE, REPLY = "review", "note", "reply"

GREETING = (
    "Welcome, and thank you for your first contribution here! A person reads it too; this is what a machine can see."
)
TO_MEND = "### ❌ {errors} to mend{also}"
ALL_WELL = "### ✅ Nothing to mend{also}"
READY = "### ✅ Approved and complete"
ON_HOLD = "⏸️ On hold."
NEXT = "**What to do next.** {text}"
REFUSED = "**Not moved on:** {reason}"
STALE = "The content has changed since {names} approved it: please look again."
OVERDUE = "We promised an answer by {due} and are late. Sorry; it is on the list of what comes first."
FOUND = "**What was found**"
REST = "{count} more"
HIDDEN = "and {count} more, which `threatshelf review` shows"
SHORTENED = (
    "_Something was left out here because the comment would be too long; `threatshelf review` shows everything._"
)
RESERVED = "**Ids.** Reserved for good, also if you rename a threat. You need not write them: they are added {when}."
WHEN_MERGED, WHEN_CLICKED = "after the merge", "after the merge, or now with the suggestions in *Files changed*"
BEYOND = "{count} more threats wait for an id: a pull request gets 60 without `/assign-ids` from a maintainer."
ALIKE = (
    "**Known already?** {threats} what the catalogue has. If it is the same threat, a maintainer says so with "
    "`/same-as <id> <key>`, and it shares the id; if not, say in the scenario what is different."
)
WAIVED = "Asks to be excused from (the reasons stand in the file)"
NO_LEDGER = "The ledger of threat ids could not be read just now, so ids are judged by the file alone. I try again."
LOCALLY = "The same review on your machine"
LOCAL_COMMANDS = "git fetch {remote} pull/{number}/head\ngit switch --detach FETCH_HEAD\nthreatshelf review"
CLOCK_WAITING = "Opened {start}; a maintainer triages it by {due}."
CLOCK_DONE = "Opened {start}, triaged {triaged}."
FOOT = "<sub>{clock}I edit this comment instead of writing new ones · `/help` lists what I understand.</sub>"

_SIGNS = {Severity.ERROR: "❌", Severity.WARNING: "⚠️", Severity.HINT: "💡"}
_CHECKS = frozenset(check.name for check in CHECKS)


@dataclass(frozen=True)
class _Block:
    """A part of the comment; of what is too long, the highest `rank` goes first, 0 never."""

    text: str
    rank: int = 0


def verdict(found: Review) -> str:
    """What a new comment is worth: whether something has to be mended."""
    return found.content.state if found.content else "none"


def body(found: Review, repository: str, house: House) -> str:
    """The comment of a review, without its mark; shorter than 65,000 characters whatever comes in."""
    blocks = [
        *_head(found),
        *_changes(found),
        *_findings(found, repository, house),
        *_ids(found),
        *_diagrams(found),
        _Block(_folded(LOCALLY, fenced(_commands(found, house, repository), "sh")), 1),
        _Block(_foot(found)),
    ]
    return _fitted([block for block in blocks if block.text])


def review_comment(found: Review, where: tuple[str, House], serial: int) -> str:
    """The body under its mark. `where`: the repository's name, and the house; `serial` counts the verdicts."""
    mark = Mark(REVIEW, found.number, serial=serial, verdict=verdict(found), head=found.head, ledger=found.ids.rows)
    return marked(mark, body(found, *where))


def note_comment(found: Review) -> str:
    """The one line for a pull request that is not reviewed."""
    return marked(Mark(NOTE, found.number), found.note)


def reply_comment(found: Review, answer: Answer) -> str:
    """The reply to a command."""
    text = f"In answer to [this comment](#issuecomment-{answer.comment}):\n\n{answer.reply}"
    return marked(Mark(REPLY, found.number, re=answer.comment), text)


def _head(found: Review) -> Iterator[_Block]:
    yield _Block(_verdict_line(found))
    if found.newcomer:
        yield _Block(GREETING)
    if found.staging.refused:
        yield _Block(REFUSED.format(reason=found.staging.refused))
    if found.staging.stale and not found.staging.approved_by:
        yield _Block(STALE.format(names=", ".join(code(name) for name in found.staging.stale[:5])))
    if found.overdue:
        yield _Block(OVERDUE.format(due=day_and_hour(found.clock.due)))
    yield _Block(NEXT.format(text=found.next_step))


def _verdict_line(found: Review) -> str:
    also = f", {counted(found.warnings, 'warning')} to answer" if found.warnings else ""
    if found.errors:
        line = TO_MEND.format(errors=counted(found.errors, "error"), also=also)
    else:
        ready = found.staging.stage is Stage.MERGE
        line = READY if ready else ALL_WELL.format(also=also)
    return f"{line}\n\n{ON_HOLD}" if found.held else line


# What was found


def _findings(found: Review, repository: str, house: House) -> Iterator[_Block]:
    """The worst first, ten in the open and hints never; below each file's name its lines."""
    ordered = sorted(found.findings, key=lambda finding: list(Severity).index(finding.severity))
    open_ = min(OPEN_FINDINGS, found.errors + found.warnings)
    shown, rest = ordered[:open_], ordered[open_:MOST_FINDINGS]
    link = f"{house.forge}/{repository}/blob/{found.head}/"
    yield _Block(f"{FOUND}\n\n{_listed(shown, link, house.pages)}" if shown else "")
    if rest:
        hidden = len(ordered) - open_ - len(rest)
        more = f"\n\n{HIDDEN.format(count=hidden)}" if hidden else ""
        count = len(ordered) - open_
        only_hints = rest[0].severity is Severity.HINT
        summary = counted(count, "hint" if only_hints else "more finding")
        yield _Block(_folded(summary, _listed(rest, link, house.pages) + more), 3)


def _listed(findings: Iterable[Finding], link: str, pages: str) -> str:
    by_file: dict[str, list[Finding]] = {}
    for finding in findings:
        by_file.setdefault(finding.file, []).append(finding)
    return "\n\n".join(_of_file(file, found, link, pages) for file, found in by_file.items())


def _of_file(file: str, findings: list[Finding], link: str, pages: str) -> str:
    title = f"{code(file)}\n" if file else ""
    return title + "\n".join(_line(finding, link, pages) for finding in findings)


def _line(finding: Finding, link: str, pages: str) -> str:
    about = f"[line {finding.place.line}]({link}{address(finding.file)}#L{finding.place.line}): "
    place = about if folder_of(finding.file) and finding.rule not in _CHECKS else ""
    rule = f"([{finding.rule}]({page_of(finding.rule, pages)}))"
    return f"- {_SIGNS[finding.severity]} {place}{message(finding.message)} {rule}"


# What changes


def _changes(found: Review) -> Iterator[_Block]:
    sound = [template for template in found.templates if template.sound]
    if not sound:
        return
    lines = [line for template in sound for line in _of_template(template)]
    yield _Block("**What changes**\n" + "\n".join(lines[:OPEN_CHANGES]))
    if len(lines) > OPEN_CHANGES:
        yield _Block(_folded(REST.format(count=len(lines) - OPEN_CHANGES), "\n".join(lines[OPEN_CHANGES:])), 2)


def _of_template(template: SeenTemplate) -> Iterator[str]:
    name = code(template.folder)
    word = f"New template {name}, version {code(template.version, 30)}" if template.is_new else name
    told = f": {_figures(template.before or template.now, template.now)}" if template.now else ""
    yield f"- {word}{told}"
    yield from (f"  - {_change(line)}" for line in template.changes)
    if template.waives:
        yield f"  - {_change(Line(WAIVED, template.waives))}"


def _figures(before: Figures, now: Figures) -> str:
    """Threats, their risk, what is left of it, and STRIDE coverage: once where it is as it was, else before and after.

    What is left is told only where a threat has a rating of its own for that.
    """
    threats = f"{_moved(str(before.threats), str(now.threats))} {'threat' if now.threats == 1 else 'threats'}"
    risk, left = _levels(before.risk, now.risk), _levels(before.residual, now.residual)
    rated = f" ({risk}{f'; residual: {left}' if left != risk else ''})" if risk else ""
    return f"{threats}{rated}; STRIDE {_moved(_covered(before), _covered(now))} cells answered"


def _moved(before: str, now: str) -> str:
    return f"{before} → {now}" if before != now else now


def _levels(before: Mapping[str, int], now: Mapping[str, int]) -> str:
    """Worst first, levels that no threat has or had left out."""
    counts = [(level, before[level], now[level]) for level in now if before[level] or now[level]]
    return ", ".join(f"{_moved(str(had), str(has))} {level}" for level, had, has in counts)


def _covered(figures: Figures) -> str:
    return f"{figures.coverage.asked - figures.coverage.left} of {figures.coverage.asked}"


def _change(line: Line) -> str:
    if not line.keys:
        return f"{line.words}."
    names = line.joint.join(code(key, LONGEST_KEY) for key in line.keys[:MOST_KEYS])
    more = f" and {len(line.keys) - MOST_KEYS} more" if len(line.keys) > MOST_KEYS else ""
    return f"{line.words}: {names}{more}"


# Ids


def _ids(found: Review) -> Iterator[_Block]:
    ids = found.ids
    if ids.wanted is None and found.templates:
        yield _Block(NO_LEDGER)
    if ids.numbered:
        clickable = any(proposal.writes_id for proposal in found.proposals)
        yield _Block(RESERVED.format(when=WHEN_CLICKED if clickable else WHEN_MERGED))
        lines = [_numbered(numbered) for numbered in ids.numbered[:MOST_IDS]]
        hidden = len(ids.numbered) - len(lines)
        lines += [HIDDEN.format(count=hidden)] if hidden else []
        yield _Block(_folded(f"{counted(len(ids.numbered), 'id')}", "\n".join(lines)), 2)
    if ids.alike:
        reads = "1 threat reads like" if len(ids.alike) == 1 else f"{len(ids.alike)} threats read like"
        resembling = "\n".join(_alike(one) for one in ids.alike[:MOST_ALIKE])
        yield _Block(f"{ALIKE.format(threats=reads)}\n\n{resembling}", 3)
    if ids.beyond:
        yield _Block(BEYOND.format(count=ids.beyond))


def _alike(one: Alike) -> str:
    known = " or ".join(f"`{threat_id}` “{plain(title)}”" for threat_id, title in one.known)
    return f"- {code(one.subject)}: {known}"


def _numbered(numbered: NumberedThreat) -> str:
    known = f", in the catalogue as “{plain(numbered.title)}”" if numbered.title else ""
    return f"- `{numbered.id}` {code(numbered.subject)}{known}"


# Folded parts and the foot


def _diagrams(found: Review) -> Iterator[_Block]:
    for template in found.templates:
        if template.diagram and len(template.diagram) <= LONGEST_DIAGRAM:
            title = f"The data-flow diagram of {_as_html(template.folder)}"
            yield _Block(_folded(title, fenced(template.diagram, "mermaid")), 4)


def _commands(found: Review, house: House, repository: str) -> str:
    return LOCAL_COMMANDS.format(remote=f"{house.forge}/{address(repository)}", number=found.number)


def _foot(found: Review) -> str:
    clock = found.clock
    waiting = clock.due and found.staging.stage is Stage.TRIAGE
    line = CLOCK_DONE if clock.triaged else CLOCK_WAITING if waiting else ""
    moments = {name: day_and_hour(getattr(clock, name)) for name in ("start", "due", "triaged")}
    return FOOT.format(clock=f"{line.format(**moments)} " if line else "")


def _folded(summary: str, text: str) -> str:
    """A fold-out; the empty lines make GitHub read its inside as Markdown."""
    return f"<details><summary>{summary}</summary>\n\n{text}\n\n</details>"


def _as_html(folder: str) -> str:
    """A folder's name holds small letters, digits and hyphens only: nothing to escape."""
    return f"<code>{folder}</code>"


def _fitted(blocks: list[_Block]) -> str:
    """The blocks together, without those that make it too long; one line tells that something is missing."""
    kept, text = blocks, _joined(blocks)
    for block in sorted(blocks, key=lambda block: (-block.rank, -len(block.text))):
        if len(text) <= LONGEST or not block.rank:
            break
        kept = [other for other in kept if other is not block]
        text = _joined([*kept[:-1], _Block(SHORTENED), kept[-1]])
    return text


def _joined(blocks: list[_Block]) -> str:
    return "\n\n".join(block.text for block in blocks) + "\n"
