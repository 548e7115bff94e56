"""Every format a template can be had in, in reading order."""

from registry.exports import analysis, html, json, markdown, svg, yaml
from registry.exports.export import Export

SVG = "image/svg+xml"
EXPORTS: tuple[Export, ...] = (
    yaml.EXPORT,
    json.EXPORT,
    markdown.EXPORT,
    html.EXPORT,
    Export("svg", SVG, rendered=True, title="Data-flow diagram, level 1", render=svg.level_one),
    Export("level-0.svg", SVG, rendered=True, title="Data-flow diagram, level 0", render=svg.level_zero),
    analysis.EXPORT,
)


def renderable() -> tuple[Export, ...]:
    """The formats that this machine can render: without Graphviz's libraries there are no pictures."""
    if svg.available() is None:
        return EXPORTS
    return tuple(export for export in EXPORTS if export.media_type != SVG)
