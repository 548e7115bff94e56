"""Templates: the newest version and every version, in every format, and the sums to verify them."""

from registry.api import wire, wire_analysis
from registry.api.routes.files import Resource
from registry.api.wire_difference import Difference
from registry.exports.export import Export


def resources(exports: tuple[Export, ...]) -> tuple[Resource, ...]:
    """The addresses of templates in these formats."""
    media_types = tuple(dict.fromkeys(export.media_type for export in exports))
    plain = ("text/plain",)
    return (
        Resource("/v1/templates/SHA256SUMS", "Sums of the newest versions, for sha256sum -c", None, plain),
        Resource("/v1/templates/{id}/SHA256SUMS", "Sums of all versions of a template", None, plain),
        Resource("/v1/templates/{id}/versions.json", "The versions of a template", wire.Versions),
        Resource("/v1/templates/{id}/checklist.md", "Settings to apply, in order", None, ("text/markdown",)),
        Resource("/v1/templates/{id}/{before}...{version}.json", "What changed between versions", Difference),
        Resource("/v1/templates/{id}/{before}...{version}.md", "The same to read", None, ("text/markdown",)),
        Resource("/v1/templates/{id}/{version}.analysis.json", "What follows from one version", wire_analysis.Analysis),
        Resource("/v1/templates/{id}.analysis.json", "What follows from the newest version", wire_analysis.Analysis),
        Resource("/v1/templates/{id}/{version}.{format}", "One version in one format", None, media_types),
        Resource("/v1/templates/{id}.{format}", "The newest version in one format", None, media_types),
        Resource("/v1/templates/{id}/{version}", "One version, the format by Accept", None, media_types),
        Resource("/v1/templates/{id}", "The newest version, the format by Accept", None, media_types),
    )
