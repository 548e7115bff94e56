"""A file mended where a machine can be sure: each edit is kept only when a second check agrees with it."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from schema.check import Checked
from schema.finding import Finding
from schema.text import apply

Judge = Callable[[bytes], Checked]
"""The check of one file, with everything else that it knows already given."""

MOST_TRIALS = 100
"""How often a file is checked again at most: a bound on the time that a hostile file can take."""


@dataclass(frozen=True)
class Mended:
    """A file after its edits, the check of it, and the findings that are gone, in the order in which they went."""

    source: bytes
    checked: Checked
    gone: tuple[Finding, ...] = ()


def mended(source: bytes, judge: Judge) -> Mended:
    """The file with every sure edit that takes its finding away and adds none; all other bytes stay.

    Where a file could not be read, what comes to light further down, or because it now can be read, is not added.
    """
    now, refused = Mended(source, judge(source)), set[tuple[object, ...]]()
    alone = False
    for _ in range(MOST_TRIALS):
        batch = _batch(now.checked.findings, refused)[: 1 if alone else None]
        if not batch:
            break
        then = _tried(now, batch, judge)
        if then is None and len(batch) == 1:
            refused.add(_key(batch[0]))
        alone = then is None and len(batch) > 1
        now = then or now
    return now


def text_of(now: Mended) -> str:
    """The text in which the edits of the findings count."""
    document = now.checked.document
    return document.text if document else now.source.decode("utf-8", "surrogatepass")


def _batch(findings: Iterable[Finding], refused: set[tuple[object, ...]]) -> list[Finding]:
    """The findings with a sure edit that was not refused, of two edits that overlap the first."""
    batch, reached = list[Finding](), 0
    for finding in sorted((f for f in findings if f.edit and f.edit.sure), key=_start):
        if finding.edit and finding.edit.start >= reached and _key(finding) not in refused:
            batch.append(finding)
            reached = finding.edit.end
    return batch


def _start(finding: Finding) -> tuple[int, int]:
    return (finding.edit.start, finding.edit.end) if finding.edit else (0, 0)


def _tried(now: Mended, batch: list[Finding], judge: Judge) -> Mended | None:
    text = apply(text_of(now), (finding.edit for finding in batch if finding.edit))
    source = text.encode("utf-8", "surrogatepass")
    checked = judge(source)
    agrees = _nothing_new if now.checked.document else _read_further
    if source == now.source or not agrees(now.checked.findings, checked, batch):
        return None
    return Mended(source, checked, (*now.gone, *batch))


def _nothing_new(before: tuple[Finding, ...], after: Checked, batch: list[Finding]) -> bool:
    """Every finding of the batch is gone, and everything found now was found before."""
    left = Counter(_key(finding) for finding in before) - Counter(_key(finding) for finding in batch)
    return Counter(_key(finding) for finding in after.findings) <= left


def _read_further(before: tuple[Finding, ...], after: Checked, batch: list[Finding]) -> bool:
    """The file can be read now, or what was not found before lies below everything that was mended."""
    if after.document:
        return True
    last = max(finding.place.line for finding in batch)
    mended_here, known = {_spot(finding) for finding in batch}, {_words(finding) for finding in before}
    below = all(finding.place.line > last or _words(finding) in known for finding in after.findings)
    return below and not any(_spot(finding) in mended_here for finding in after.findings)


def _key(finding: Finding) -> tuple[object, ...]:
    """What makes a finding the same after an edit elsewhere; its sentence may hold counts."""
    return (finding.rule, finding.path) if finding.path else (finding.rule, finding.message)


def _words(finding: Finding) -> tuple[str, str]:
    return finding.rule, finding.message


def _spot(finding: Finding) -> tuple[object, ...]:
    return (*_words(finding), finding.place.line, finding.place.column)
