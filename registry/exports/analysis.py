"""What follows from a template as data: taint, blast radius, STRIDE coverage and risk."""

import json

from registry.catalog import Release
from registry.exports.export import Export
from schema import analysis


def render(release: Release) -> bytes:
    """UTF-8 JSON on one line; `sha256` is that of the YAML it was derived from."""
    about = {"template": release.id, "version": release.version, "sha256": release.sha256}
    return json.dumps({**about, **analysis.whole(release.template)}, ensure_ascii=False, separators=(",", ":")).encode()


EXPORT = Export(
    "analysis.json", "application/json", rendered=True, title="Taint, blast radius, coverage and risk", render=render
)
