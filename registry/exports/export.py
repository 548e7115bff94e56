"""What an export is: a name for files, a media type, and a pure function from a release to bytes."""

from collections.abc import Callable
from dataclasses import dataclass

from registry.catalog import Release

MARKDOWN = "text/markdown; charset=utf-8; variant=GFM"
Render = Callable[[Release], bytes]


@dataclass(frozen=True)
class Export:
    """One format. `extension` follows the template's id or version in a file's name: `yaml`, `level-0.svg`.

    `rendered` is false when the bytes follow from the template alone, for ever; true when they are also a function of
    the release of this software that made them, so that a fault in it can be mended.
    """

    extension: str
    media_type: str
    rendered: bool
    title: str
    render: Render
