"""Mends as suggestion blocks: only on lines of the diff, each with a fingerprint, and only so many."""

from collections.abc import Iterable, Iterator, Mapping

from bot.escape import longest_run
from bot.facts import Suggestion
from bot.mark import Mark, digest_now, marked, read
from bot.mends import Mend
from bot.steps import Proposal

MOST = 20
KIND = "suggestion"
FOR_AN_ID = "The id of this threat, as the ledger has it."
FOR_A_FINDING = "This may be what you mean."


def proposals(number: int, mends: Iterable[Mend], lines: Mapping[str, frozenset[int]]) -> tuple[Proposal, ...]:
    """The suggestions that should stand, at most 20. `lines`: by path, the lines of the head that the diff shows."""
    found: list[Proposal] = []
    free = {path: set(shown) for path, shown in lines.items()}
    for mend in mends:
        own = set(range(mend.line, mend.end_line + 1))
        if len(found) < MOST and own <= free.get(mend.path, set()):
            found.append(_proposal(number, mend))
            free[mend.path] -= own
    return tuple(found)


def missing(wanted: Iterable[Proposal], standing: Iterable[Suggestion]) -> tuple[Proposal, ...]:
    """Those that do not stand where they should."""
    there = {_key(suggestion.path, suggestion.line, suggestion.body) for suggestion in standing}
    return tuple(proposal for proposal in wanted if _key(proposal.path, proposal.line, proposal.body) not in there)


def outdated(wanted: Iterable[Proposal], standing: Iterable[Suggestion]) -> Iterator[Suggestion]:
    """Ours that are no longer true or stand twice, and that nobody answered; the older of two stays."""
    open_ = {_key(proposal.path, proposal.line, proposal.body) for proposal in wanted}
    for suggestion in sorted(standing, key=lambda suggestion: suggestion.id):
        key = _key(suggestion.path, suggestion.line, suggestion.body)
        if key in open_:
            open_.discard(key)
        elif key is not None and not suggestion.answered:
            yield suggestion


def _proposal(number: int, mend: Mend) -> Proposal:
    fence = "`" * max(3, longest_run(mend.text) + 1)
    reason = FOR_AN_ID if mend.subject else FOR_A_FINDING
    body = f"{reason}\n{fence}suggestion\n{mend.text}\n{fence}\n"
    start = mend.line if mend.line < mend.end_line else None
    return Proposal(mend.path, mend.end_line, start, marked(Mark(KIND, number), body), bool(mend.subject))


def _key(path: str, line: int | None, body: str) -> tuple[str, int | None, str] | None:
    """What makes a suggestion the same: file, line and fingerprint; None where it is none of ours."""
    mark = read(body)
    return (path, line, digest_now(body)) if mark is not None and mark.kind == KIND else None
