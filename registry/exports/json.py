"""The template as canonical JSON (RFC 8785): equal data, equal bytes, whoever writes it."""

import json

from registry.catalog import Release
from registry.exports.export import Export


def render(release: Release) -> bytes:
    """Keys sorted, no blanks, UTF-8, nothing derived.

    Texts, whole numbers and true/false are all a template holds, and its keys are ASCII; for those Python's encoder
    writes what RFC 8785 asks.
    """
    return json.dumps(release.data, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


EXPORT = Export("json", "application/json", rendered=False, title="Canonical JSON", render=render)
