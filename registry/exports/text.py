"""A contributor's text inside Markdown: shown as it was written, never read as markup."""

import re
from collections.abc import Callable

_CODE = re.compile(r"`([^`]+)`")
_ALWAYS = re.compile(r"[\\`*_{}\[\]<>|~$&^]")
_AUTOLINK = re.compile(r":(?=//)|(?<=www)\.", re.IGNORECASE)
_AT_START = re.compile(r"^(?:[-+=#:]|[0-9]+(?=[.)]))")
_RUN_OF_BACKTICKS = re.compile(r"`+")
_LANGUAGE = re.compile(r"[^a-z0-9+-]")


def one_line(text: str) -> str:
    """The text with every run of blanks and line ends as one blank."""
    return " ".join(text.split())


def inline(text: str) -> str:
    """The text on one line of a paragraph, heading or list item; `code` stays code, everything else is only text."""
    return _with_code(one_line(text), _code)


def cell(text: str) -> str:
    """The text in a cell of a table, where a `|` has to be escaped even inside code."""
    return _with_code(one_line(text), _code_in_cell)


def paragraphs(text: str) -> tuple[str, ...]:
    """Each paragraph of a longer text as one escaped line; an empty line parts them."""
    return tuple(inline(part) for part in re.split(r"\n[ \t]*\n", text) if part.strip())


def code_block(content: str, language: str = "") -> str:
    """The content between fences that it cannot close."""
    longest = max((len(run) for run in _RUN_OF_BACKTICKS.findall(content)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{_LANGUAGE.sub('', language.lower())}\n{content.rstrip()}\n{fence}"


def link(text: str, address: str) -> str:
    """A link to an https address; the bare text when the address is anything else."""
    if not re.fullmatch(r"https://[^\s<>\\]+", address):
        return inline(text)
    return f"[{inline(text)}](<{address}>)"


def plain(text: str) -> str:
    """Text that holds no code, on one line, with everything escaped that Markdown would act on."""
    escaped = _AUTOLINK.sub(r"\\\g<0>", _ALWAYS.sub(r"\\\g<0>", text))
    return _AT_START.sub(_escape_start, escaped)


def _with_code(text: str, code: Callable[[str], str]) -> str:
    # split() gives text and the content of a code span in turn, since the pattern has one group.
    parts = _CODE.split(text)
    return "".join(code(part) if i % 2 else plain(part) for i, part in enumerate(parts))


def _escape_start(match: re.Match[str]) -> str:
    found = match.group()
    return found + "\\" if found[0].isdigit() else "\\" + found


def _code(content: str) -> str:
    return f"`{content}`"


def _code_in_cell(content: str) -> str:
    # No way of writing keeps a backslash in front of a bar inside code in a table: there it becomes plain text.
    return plain(content) if "\\|" in content else _code(content.replace("|", "\\|"))
