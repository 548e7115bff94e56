"""The template's file as it was written, byte for byte."""

from registry.catalog import Release
from registry.exports.export import Export


def render(release: Release) -> bytes:
    """The very bytes that were checked and published."""
    return release.source


EXPORT = Export("yaml", "application/yaml", rendered=False, title="YAML, as written", render=render)
