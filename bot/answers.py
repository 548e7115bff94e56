"""What becomes of each command without an answer: carried out, refused with a sentence, or left for another moment."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from bot.case import Case
from bot.commands import DONE, REFUSED, WHO, Command, commands
from bot.escape import code
from bot.numbering import same_threat, withdrawal
from bot.places import is_visited
from bot.stages import NOT_SOUND, is_commit
from schema.ids import WITHDRAWALS, State

HELP = """\
| say, at the start of a line | who may | what happens |
|---|---|---|
| `/help`, `/recheck` | anyone | this list; everything is looked at again |
| `/assess` | triage and up, not the author | assessment begins, threat ids are reserved |
| `/hold`, `/hold off` | triage and up | nothing is merged until the hold is taken off |
| `/approve <commit>` | write and up, neither author nor committer | this content is approved, by its whole commit id |
| `/assign-ids` | write and up | ids are reserved now, beyond 60 too; a new category gives a new id |
| `/same-as T-EXEC-002 <key>` | write and up | the threat with this key is one the catalogue knows |
| `/withdraw <id> <reason> <sentence>` | maintain and up | a published id is ended, with its reason |
"""
UNKNOWN = "{word} is no command I know. These are:\n\n" + HELP
NOT_YOU = "{word} is for people who may {role} here, so I left everything as it is. A maintainer can say it for you."
NOT_THE_AUTHOR = "{word} has to come from somebody who did not write this contribution."
NOTHING_TO_ASSESS = "There is nothing to assess here: the pull request is closed, a draft, or touches no template."
NOT_THIS_CONTENT = "That commit does not hold what stands here now. To approve what you see: `/approve {head}`"
NOT_A_COMMIT = "An approval names the whole commit id (40 characters). For what stands here now: `/approve {head}`"
NO_SUCH_THREAT = (
    "I understand `/same-as T-EXEC-002 <key>`, with the key of a threat in this pull request, or `<template>/<key>`."
)
NOT_IN_FORCE = "{id} is no threat id in force, so nothing can be the same threat."
ALREADY_PUBLISHED = "{subject} is published as {id} already, and an id never changes."
NO_WITHDRAWAL = "I understand `/withdraw T-EXEC-002 <reason> <sentence>`, with one of the reasons {reasons}."
NOT_PUBLISHED = "{id} is not published, so there is nothing to withdraw."
TOGETHER = "Nothing in that comment was carried out."

_LATER = "later"
"""Stands for: neither done nor refused now, because the ledger cannot be reached."""


@dataclass(frozen=True)
class Answer:
    """Our answer to a comment with commands: a reaction, perhaps a reply.

    `asks_ledger`: what was said takes effect in the ledger, so the answer waits until it stands there.
    """

    comment: int
    reaction: str
    reply: str = ""
    asks_ledger: bool = False


@dataclass(frozen=True)
class Hearing:
    """What was heard: commands to carry out, and the answers that may be given once that is done."""

    accepted: tuple[Command, ...]
    answers: tuple[Answer, ...]


def hear(case: Case) -> Hearing:
    """Judge every command without an answer. All commands of a comment are carried out, or none."""
    accepted: list[Command] = []
    answers: list[Answer] = []
    for said in _by_comment(case):
        faults = {fault: None for command in said if (fault := _fault(command, case))}
        if not faults:
            accepted += said
            answers.append(_accepted(said))
        elif _LATER not in faults:
            answers.append(Answer(said[0].comment, REFUSED, _refusal(said, list(faults))))
    return Hearing(tuple(accepted), tuple(answers))


def _by_comment(case: Case) -> Iterator[tuple[Command, ...]]:
    open_ = [command for command in commands(case.pull_request) if not command.answered]
    for comment in dict.fromkeys(command.comment for command in open_):
        yield tuple(command for command in open_ if command.comment == comment)


def _accepted(said: tuple[Command, ...]) -> Answer:
    words = {command.word for command in said}
    return Answer(said[0].comment, DONE, HELP if "help" in words else "", not words.isdisjoint(_FOR_THE_LEDGER))


def _refusal(said: tuple[Command, ...], faults: list[str]) -> str:
    return "\n\n".join([*faults, TOGETHER] if len(said) > 1 else faults)


def _fault(command: Command, case: Case) -> str:
    """Why the command is not carried out; empty when it is."""
    who = WHO.get(command.word)
    word = code(f"/{command.word}", 60)
    if who is None:
        return UNKNOWN.format(word=word)
    if not case.role(command.by).at_least(who.role):
        return NOT_YOU.format(word=word, role=who.role)
    pull_request = case.pull_request
    if not who.author and command.by == pull_request.author:
        return NOT_THE_AUTHOR.format(word=word)
    if not who.committer and command.by in pull_request.committers:
        return NOT_THE_AUTHOR.format(word=word)
    return _FAULTS[command.word](command, case) if command.word in _FAULTS else ""


def _of_assess(_command: Command, case: Case) -> str:
    if not is_visited(case.pull_request):
        return NOTHING_TO_ASSESS
    return "" if case.is_sound else NOT_SOUND


def _of_approve(command: Command, case: Case) -> str:
    head = case.pull_request.head_sha
    if not is_commit(command.rest):
        return NOT_A_COMMIT.format(head=head)
    return "" if case.is_this_content(command.rest) else NOT_THIS_CONTENT.format(head=head)


def _of_same_as(command: Command, case: Case) -> str:
    same = same_threat(case, command) if is_visited(case.pull_request) else None
    if same is None:
        return NO_SUCH_THREAT
    if case.ledger is None:
        return _LATER
    if case.ledger.state(same.id) not in (State.PUBLISHED, State.RESERVED):
        return NOT_IN_FORCE.format(id=code(same.id))
    known = case.ledger.published(same.subject)
    return "" if known in (None, same.id) else ALREADY_PUBLISHED.format(subject=code(same.subject), id=code(str(known)))


def _of_withdraw(command: Command, case: Case) -> str:
    end = withdrawal(command)
    if end is None:
        return NO_WITHDRAWAL.format(reasons=_REASONS)
    if case.ledger is None:
        return _LATER
    fits = case.ledger.state(end.id) in (State.PUBLISHED, State.WITHDRAWN)
    return "" if fits else NOT_PUBLISHED.format(id=code(end.id))


def _of_assign_ids(_command: Command, case: Case) -> str:
    if not is_visited(case.pull_request):
        return NOTHING_TO_ASSESS
    return _LATER if case.ledger is None else ""


_REASONS = ", ".join(f"`{reason}`" for reason in WITHDRAWALS)
_FOR_THE_LEDGER = ("assign-ids", "same-as", "withdraw")
_FAULTS: Mapping[str, Callable[[Command, Case], str]] = {
    "assess": _of_assess,
    "approve": _of_approve,
    "same-as": _of_same_as,
    "withdraw": _of_withdraw,
    "assign-ids": _of_assign_ids,
}
