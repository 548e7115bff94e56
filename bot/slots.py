"""Ids put into a file at places that were found elsewhere: the file is never parsed here, only compared byte for byte.

The job that may write reads none of what contributors wrote. The places come from the job that may not; so each is
believed only if, without the id, it says exactly what the file says there.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from bot.facts import PullRequest
from bot.judgement import Judgement
from bot.mends import Slot
from bot.review import Review
from bot.stages import Stage
from bot.steps import CommitIds
from bot.writeback import MESSAGE
from schema.ids import parse_id

_OPENING = re.compile(r"(?s)(.*)(?:\n *id: |, id: )")


def commit_by_slots(
    pull_request: PullRequest, files: Mapping[str, bytes], seen: Judgement, found: Review
) -> CommitIds | None:
    """One commit with every reserved id whose place fits; None when there is none. `files`: bytes at the head."""
    if pull_request.from_fork or found.staging.stage not in (Stage.DOCUMENTATION, Stage.MERGE):
        return None
    known = {numbered.subject: numbered.id for numbered in found.ids.numbered}
    slots = [threat.slot for template in seen.templates for threat in template.threats if threat.slot]
    written = ((path, filled(source, _in(path, slots), known)) for path, source in files.items())
    changed = tuple((path, source) for path, source in written if source != files[path])
    message = MESSAGE.format(rows=found.ids.rows)
    return CommitIds(pull_request.head_ref, found.head, message, changed) if changed else None


def filled(source: bytes, slots: Iterable[Slot], ids: Mapping[str, str]) -> bytes:
    """The file with the ids at their places; as it is where a place does not fit it. Line breaks stay as they are."""
    try:
        lines = source.decode("utf-8").split("\n")
    except UnicodeDecodeError:
        return source
    for slot in sorted(slots, key=lambda slot: slot.line, reverse=True):
        threat_id = ids.get(slot.subject, "")
        if parse_id(threat_id) and _fits(lines, slot):
            lines[slot.line - 1 : slot.end_line] = _written(lines[slot.end_line - 1], slot, threat_id)
    return "\n".join(lines).encode()


def _in(path: str, slots: Iterable[Slot]) -> Iterator[Slot]:
    return (slot for slot in slots if slot.path == path)


def _fits(lines: list[str], slot: Slot) -> bool:
    """Whether the place says what the file says, but for the opening of the id."""
    opening = _OPENING.fullmatch(slot.before)
    inside = 1 <= slot.line <= slot.end_line <= len(lines)
    there = "\n".join(line.removesuffix("\r") for line in lines[slot.line - 1 : slot.end_line]) if inside else None
    return opening is not None and opening[1].replace("\r", "") + slot.after.replace("\r", "") == there


def _written(last: str, slot: Slot, threat_id: str) -> list[str]:
    end = "\r" if last.endswith("\r") else ""
    text = f"{slot.before}{threat_id}{slot.after}".replace("\r", "")
    return [f"{line}{end}" for line in text.split("\n")]
