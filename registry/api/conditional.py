"""Preconditions, ranges and preferences of a request (RFC 9110), decided on plain values."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime


@dataclass(frozen=True)
class Range:
    """Bytes from `start` up to `end`, which is not among them."""

    start: int
    end: int


class UnsatisfiableError(ValueError):
    """The range lies outside of what there is."""


_TAG = re.compile(r'"([^"]*)"')
_STRONG_TAG = re.compile(r'(?<!W/)"([^"]*)"')
_RANGE = re.compile(r"bytes\s*=\s*([0-9]{0,18})\s*-\s*([0-9]{0,18})\s*", re.IGNORECASE)
_PREFERENCE = re.compile(r"\s*([^;,\s]+)\s*(?:;([^,]*))?(?:,|$)")
_QUALITY = re.compile(r"(?:^|;)\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*(?:;|$)", re.IGNORECASE)


def http_date(moment: str) -> str:
    """`2026-11-20T09:00:00Z` as `Fri, 20 Nov 2026 09:00:00 GMT`."""
    return format_datetime(datetime.fromisoformat(moment).astimezone(UTC), usegmt=True)


def held(tags: Sequence[str], modified: str, if_none_match: str | None, if_modified_since: str | None) -> str:
    """The tag of what the reader has and may keep, by its tags where it sends any, else by date; empty for none.

    `tags` are the opaque tags of every form of the file, without quotes, the one that would be sent in front.
    """
    if if_none_match is not None:
        named = tags if if_none_match.strip() == "*" else _TAG.findall(if_none_match)
        return next((tag for tag in tags if tag in named), "")
    since = _moment(if_modified_since)
    return tags[0] if since is not None and datetime.fromisoformat(modified) <= since else ""


def is_other(tags: Sequence[str], modified: str, if_match: str | None, if_unmodified_since: str | None) -> bool:
    """Whether the reader wants only what it knows, and there is something else by now."""
    if if_match is not None:
        return if_match.strip() != "*" and not any(tag in tags for tag in _STRONG_TAG.findall(if_match))
    since = _moment(if_unmodified_since)
    return since is not None and datetime.fromisoformat(modified) > since


def asked_range(header: str | None, if_range: str | None, tag: str, modified: str, size: int) -> Range | None:
    """The one range that is asked for; None when the whole is to be sent.

    Several ranges, other units and a range of an older form (`If-Range`) are answered with the whole. Raises
    UnsatisfiableError when nothing of the range is there.
    """
    found = _RANGE.fullmatch(header.strip()) if header else None
    if found is None or found[1] == found[2] == "" or not _is_current(if_range, tag, modified):
        return None
    if found[1] and found[2] and int(found[2]) < int(found[1]):
        return None
    start = int(found[1]) if found[1] else max(0, size - int(found[2]))
    end = min(size, int(found[2]) + 1) if found[1] and found[2] else size
    if start >= end:
        raise UnsatisfiableError
    return Range(start, end)


def encoding(accept_encoding: str | None, offered: Sequence[str]) -> str:
    """The content coding the reader likes best, the first offered among equals; empty for the bytes as they are.

    A reader that says nothing gets the bytes as they are; one that names them gets them where it likes nothing better.
    """
    qualities = dict(_preferences(accept_encoding or ""))
    rest = qualities.get("*", 0.0)
    rated = [(qualities.get(name, rest), -i, name) for i, name in enumerate(offered)]
    quality, _, name = max(rated, default=(0.0, 0, ""))
    return name if quality > 0 and quality >= qualities.get("identity", 0.0) else ""


def preferred(accept: str | None, offered: Sequence[str]) -> str | None:
    """The media type of those offered that the reader likes best, the first among equals; None when it takes none."""
    ranges = dict(_preferences(accept or "*/*"))
    rated = [(_quality(media_type, ranges), -i, media_type) for i, media_type in enumerate(offered)]
    quality, _, media_type = max(rated)
    return media_type if quality > 0 else None


def _quality(media_type: str, ranges: dict[str, float]) -> float:
    bare = media_type.partition(";")[0]
    patterns = (bare, f"{bare.partition('/')[0]}/*", "*/*")
    return next((ranges[pattern] for pattern in patterns if pattern in ranges), 0.0)


def _preferences(header: str) -> Iterable[tuple[str, float]]:
    for name, parameters in _PREFERENCE.findall(header[:2000]):
        quality = _QUALITY.search(parameters)
        yield name.lower(), float(quality[1]) if quality else 1.0


def _is_current(if_range: str | None, tag: str, modified: str) -> bool:
    if if_range is None:
        return True
    return if_range.strip() in (f'"{tag}"', http_date(modified))


def _moment(header: str | None) -> datetime | None:
    """A date that makes no sense is no precondition."""
    try:
        found = parsedate_to_datetime(header) if header else None
    except ValueError:
        return None
    return found.replace(tzinfo=found.tzinfo or UTC) if found else None
