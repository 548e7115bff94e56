"""What people tell the reviewer in comments: lines that begin with a slash, where they are really said."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from bot.facts import Comment, PullRequest, Role, Talk

DONE, REFUSED = "rocket", "confused"
MOST_COMMANDS = 20
"""Commands in one comment that are looked at."""


@dataclass(frozen=True)
class Who:
    """Who may give a command: from which role on, and whether the author or a committer of the work may."""

    role: Role
    author: bool = True
    committer: bool = True


WHO = {
    "help": Who(Role.NONE),
    "recheck": Who(Role.NONE),
    "assess": Who(Role.TRIAGE, author=False),
    "hold": Who(Role.TRIAGE),
    "approve": Who(Role.WRITE, author=False, committer=False),
    "assign-ids": Who(Role.WRITE),
    "same-as": Who(Role.WRITE),
    "withdraw": Who(Role.MAINTAIN),
}


@dataclass(frozen=True)
class Command:
    """`/word rest`, said in a comment by somebody at a moment. `answered`: our reaction to that comment, or empty."""

    comment: int
    by: str
    at: str
    word: str
    rest: str = ""
    answered: str = ""


def commands(talk: Talk) -> tuple[Command, ...]:
    """Every command in the thread, in the order said, answered or not; an unknown word only where a comment begins."""
    comments = sorted(talk.comments, key=lambda comment: (comment.at, comment.id))
    return tuple(command for comment in comments if _may_command(comment) for command in _commands(comment))


def people(pull_request: PullRequest) -> tuple[str, ...]:
    """Whose role a visit has to ask for: author, approvers, and whoever commands or commented first; each once."""
    commanding = (command.by for command in commands(pull_request) if _needs_a_role(command))
    approving = (approval.by for approval in pull_request.approvals)
    return tuple(dict.fromkeys((pull_request.author, *approving, *commanding, *_talking(pull_request))))


def same_as_said(pull_request: PullRequest, roles: Mapping[str, Role]) -> frozenset[tuple[str, str]]:
    """The (threat id, threat key) pairs that people who may call the same threat; what the rules about ids ask for."""
    spoken = (c for c in commands(pull_request) if c.word == "same-as" and c.answered != REFUSED)
    allowed = (c.rest.split() for c in spoken if roles.get(c.by, Role.NONE).at_least(WHO["same-as"].role))
    return frozenset((words[0], words[1].rpartition("/")[2]) for words in allowed if len(words) == 2)


def said(body: str) -> tuple[str, ...]:
    """The lines that stand outside quotes, code and HTML comments, from their first column; others are empty.

    In doubt a line counts as quoted: a command that is overlooked can be said again.
    """
    lines = tuple(_outside(body.replace("\r\n", "\n").replace("\r", "\n").split("\n")))
    return tuple(line for paragraph in _paragraphs(lines) for line in _without_code(paragraph))


_COMMAND = re.compile(r"/([a-z]+(?:-[a-z]+)*)(?:[ \t]+([^\n]*))?")
_FENCE = re.compile(r" {0,3}(?:(`{3,})[^`]*|(~{3,}).*)")
_LISTED_FENCE = re.compile(r"\s*(?:[-+*]|[0-9]{1,9}[.)])\s.*?(?:`{3,}|~{3,}).*")
_QUOTE = re.compile(r" {0,3}>")
_HIDING = re.compile(
    r"<(!--|(?:pre|code|script|style|textarea|samp|kbd|tt|q|blockquote|template)(?=[\s>]|$))", re.IGNORECASE
)
_NEVER = re.compile(r"(?!)")


def _needs_a_role(command: Command) -> bool:
    """Whether it matters who said it: not for what anyone may, nor for what is done, but for approvals, which last."""
    if command.word not in WHO or WHO[command.word].role is Role.NONE or command.answered == REFUSED:
        return False
    return command.word == "approve" or not command.answered


def proven_answers(talk: Talk) -> Iterator[str]:
    """When somebody of triage and up answered who is not the author, as far as the thread itself proves it.

    Nobody else can set a label, and a command that asks for triage was marked as done only after their role was asked.
    """
    for event in talk.events:
        if event.kind == "labeled" and event.by != talk.author and not event.bot:
            yield event.at
    for command in commands(talk):
        needed = WHO[command.word].role if command.word in WHO else Role.NONE
        if command.answered == DONE and needed.at_least(Role.TRIAGE) and command.by != talk.author:
            yield command.at


def _talking(pull_request: PullRequest) -> tuple[str, ...]:
    """The first few who commented before any proven answer and are not the author: one may have given the first."""
    until = min(proven_answers(pull_request), default="")
    people = (c.author for c in pull_request.comments if not (c.bot or c.ours) and (not until or c.at < until))
    return tuple(login for login in dict.fromkeys(people) if login != pull_request.author)[:3]


def _may_command(comment: Comment) -> bool:
    return not (comment.bot or comment.ours or comment.edited)


def _commands(comment: Comment) -> Iterator[Command]:
    answered = next((reaction for reaction in (DONE, REFUSED) if reaction in comment.our_reactions), "")
    lines = said(comment.body)
    first = next((index for index, line in enumerate(lines) if line.strip()), 0)
    found = 0
    for index, line in enumerate(lines):
        match = _COMMAND.fullmatch(line.rstrip())
        # Elsewhere a word after a slash is a path, or a command to another bot.
        if match and (match[1] in WHO or index == first) and found < MOST_COMMANDS:
            found += 1
            yield Command(comment.id, comment.author, comment.at, match[1], (match[2] or "").strip(), answered)


def _outside(lines: Iterable[str]) -> Iterator[str]:
    """The lines, empty where they are in a code block, a quote or something HTML hides."""
    closing: re.Pattern[str] | None = None
    quoted = False
    for line in lines:
        quoted = bool(line.strip()) and (quoted or bool(_QUOTE.match(line))) and closing is None
        if closing is not None:
            closing = None if closing.search(line) else closing
            yield ""
            continue
        closing = None if quoted else _closing(line)
        yield "" if quoted or closing else line


def _closing(line: str) -> "re.Pattern[str] | None":
    """What ends the block that this line opens; None when it opens none."""
    fence = _FENCE.fullmatch(line)
    if fence:
        mark = fence[1] or fence[2]
        return re.compile(rf"^ {{0,3}}{re.escape(mark[0])}{{{len(mark)},}}[ \t]*$")
    if _LISTED_FENCE.fullmatch(line):
        return _NEVER
    return _closing_of_html(line)


def _closing_of_html(line: str) -> "re.Pattern[str] | None":
    reached = 0
    while match := _HIDING.search(line, reached):
        end = re.compile("-->" if match[1] == "!--" else f"</{match[1]}", re.IGNORECASE)
        closed = end.search(line, match.end())
        if not closed:
            return end
        reached = closed.end()
    return None


def _paragraphs(lines: tuple[str, ...]) -> Iterator[list[str]]:
    """Lines that follow each other without an empty one, and the empty ones, so that none is lost."""
    paragraph: list[str] = []
    for line in lines:
        if line.strip():
            paragraph.append(line)
            continue
        yield paragraph
        yield [line]
        paragraph = []
    yield paragraph


def _without_code(lines: list[str]) -> Iterator[str]:
    """The lines of a paragraph, empty where they begin inside inline code."""
    spans, at = _spans("\n".join(lines)), 0
    starts = [start for start, _ in spans]
    for line in lines:
        before = bisect_left(starts, at) - 1
        yield "" if before >= 0 and at < spans[before][1] else line
        at += len(line) + 1


def _spans(text: str) -> tuple[tuple[int, int], ...]:
    """Inline code that runs over a line break: from a run of backticks to the next run of the same length."""
    runs = [match.span() for match in re.finditer(r"(?<!\\)`+", text)]
    partner: dict[int, int] = {}
    closes: dict[int, int] = {}
    for index in range(len(runs) - 1, -1, -1):
        size = runs[index][1] - runs[index][0]
        if size in partner:
            closes[index] = partner[size]
        partner[size] = index
    spans, index = [], 0
    while index < len(runs):
        end = closes.get(index)
        if end is not None and "\n" in text[runs[index][1] : runs[end][0]]:
            spans.append((runs[index][0], runs[end][1]))
        index = index + 1 if end is None else end + 1
    return tuple(spans)
