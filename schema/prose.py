"""What people read in a template: all but the settings to copy; and texts without their code or quotations."""

import re
from collections.abc import Iterator

from schema.finding import Path
from schema.template import Template, texts

_CODE = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)
_QUOTED = re.compile(r"“[^”]*”|\u2018[^\u2019]*\u2019|«[^»]*»|\"[^\"]*\"|(?<!\w)'[^']*'(?!\w)")


def prose(template: Template) -> Iterator[tuple[Path, str]]:
    """Every text with its path, in document order, without `config.content`, which is code as a whole."""
    return ((path, text) for path, text in texts(template) if path[-2:] != ("config", "content"))


def without_code(text: str) -> str:
    """The text with blanks where code stands between backticks; every other character keeps its place."""
    return _CODE.sub(_blank, text) if "`" in text else text


def without_quotations(text: str) -> str:
    """The text with blanks where code or words in quotation marks stand; every other character keeps its place."""
    return _QUOTED.sub(_blank, without_code(text))


def _blank(match: "re.Match[str]") -> str:
    return " " * len(match.group())
