"""One file becomes another that is still nearly YAML, and nearly a template: lines, values and whole entries change."""

import copy
import re
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import yaml

from fuzzing.seeds import seeds, values, words

ODD = (
    *("", "~", "null", "[]", "{}", "[[a]]", "{a: b}", "{{name}}", '""', "''", "'", '"', "|", ">-", "|+\n", "|2\n  a"),
    *("&a b", "*a", "!!int 1", "!x", "<<", "? ", "- - a", "- ", "---", "...", "%YAML 1.1", "@", "`", "# c", " #", ":"),
    *("0", "-1", "7", "99999999999", "1e9", "0x1f", "true", "yes", "2026-11-20", "9999-99-99", "P90D", "1.0.0"),
    *(
        "\t",
        "\r",
        "\r\n",
        "\ufeff",
        "\u200b",
        "\u2028",
        "\x85",
        "\x00",
        "\x1b[2J",
        "\U0001f600\ufe0f",
        "\\",
        '"\\ud800"',
    ),
    *('"\\x07"', '"\\n\\n"', "a: b: c", "/threats/0", "../x", "https://x.org/?q=(a)", "<b>x</b>", "`x`", "٣", "²", "ǅ"),
    *("T-EXEC-001", "T-EXEC-002", "T-RECON-001", "AML.T0051", "T1059", "CWE-79", "LLM01:2025", ">=1.0 <2", "x" * 3000),
)
VALUE = re.compile(r"(?:(?<=[:,-] )|(?<=[\[{]))[^\n,\[\]{}]*")
KEY = re.compile(r"\b[a-z_]{2,}(?=:)")
Change = Callable[[Random, str], str]


def mutated(source: bytes, seed: int) -> bytes:
    """The file after one to four changes that `seed` decides; the same every time."""
    chance = Random(seed)  # noqa: S311  # it has to come again, not to be secret
    text = source.decode("utf-8", "surrogateescape")
    for _ in range(chance.randint(1, 4)):
        text = chance.choice(CHANGES)(chance, text)
    return text.encode("utf-8", "surrogateescape")


def _line(chance: Random, text: str) -> str:
    """A line goes, comes twice, changes places, moves in or out, or gets a comment."""
    lines = text.splitlines(keepends=True) or [""]
    at, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    line = lines[at]
    lines[at] = chance.choice(
        (
            "",
            line * 2,
            lines[other],
            f"  {line}",
            line.removeprefix("  "),
            f"# a\n{line}",
            f"{line[:-1]} # b\n",
            f"\n{line}",
        )
    )
    return "".join(lines)


def _value(chance: Random, text: str) -> str:
    """A value becomes an odd one, or a word that stands elsewhere in the file or in the schema."""
    return _put(chance, text, VALUE, chance.choice((*ODD, chance.choice(words()), _elsewhere(chance, text))))


def _key(chance: Random, text: str) -> str:
    return _put(chance, text, KEY, chance.choice((*words(), "a b", "'q'", '"q"', "? x", "", "7")))


def _noise(chance: Random, text: str) -> str:
    at = chance.randint(0, len(text))
    return text[:at] + chance.choice(ODD) + text[at + chance.choice((0, 0, 1, 3, 40)) :]


def _splice(chance: Random, text: str) -> str:
    """Some lines of another file, moved in as far as the line that they follow."""
    donor = chance.choice(seeds()).decode("utf-8", "surrogateescape").splitlines(keepends=True) or [""]
    lines = text.splitlines(keepends=True) or [""]
    begin, at = chance.randrange(len(donor)), chance.randrange(len(lines))
    by = " " * (_depth(lines[at]) - _depth(donor[begin]))
    return "".join(
        [*lines[: at + 1], *(by + line for line in donor[begin : begin + chance.randint(1, 12)]), *lines[at + 1 :]]
    )


def _entry(chance: Random, text: str) -> str:
    """As data: an entry is taken from another file, goes, or stands twice; then the whole is written anew."""
    data = _loaded(text)
    places = list(_places(data))
    if not places:
        return text
    box, at = chance.choice(places)
    kind = chance.randrange(4)
    if kind == 0:
        del box[at]
    elif kind == 1 and isinstance(box, list):
        box.insert(chance.randint(0, len(box)), copy.deepcopy(box[at]))
    else:
        name = at if isinstance(at, str) and kind < 3 else chance.choice(list(values()))
        box[at] = copy.deepcopy(chance.choice(values().get(name, [""])))
    return _written(chance, data)


def _join(chance: Random, text: str) -> str:
    """A word becomes one that stands elsewhere in the file: references meet, keys are shared, circles close."""
    found = sorted(set(re.findall(r"\b[a-z][a-z0-9-]{2,}\b", text)))
    if not found:
        return text
    old, new = chance.choice(found), chance.choice(found)
    return text.replace(old, new, chance.choice((1, 1, -1)))


CHANGES: tuple[Change, ...] = (_line, _value, _value, _key, _noise, _splice, _entry, _entry, _join)


def _put(chance: Random, text: str, what: re.Pattern[str], instead: str) -> str:
    spans = [match.span() for match in what.finditer(text)]
    if not spans:
        return text + instead
    start, end = chance.choice(spans)
    return text[:start] + instead + text[end:]


def _elsewhere(chance: Random, text: str) -> str:
    return chance.choice(VALUE.findall(text) or [""])


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _loaded(text: str) -> Any:
    """The text as data; nothing where it cannot be read, or an alias may hold itself."""
    try:
        return None if "*" in text else yaml.load(text, Loader=yaml.CBaseLoader)  # noqa: S506  # it builds text only
    except (yaml.YAMLError, ValueError, TypeError, RecursionError):
        return None


def _places(data: Any) -> Iterator[tuple[Any, Any]]:
    """Every entry of every mapping and list, as the collection and where it stands in it."""
    entries = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for at, value in entries:
        yield data, at
        yield from _places(value)


def _written(chance: Random, data: Any) -> str:
    flow = chance.choice((True, False, None))
    return str(yaml.dump(data, Dumper=yaml.CSafeDumper, default_flow_style=flow, sort_keys=False, allow_unicode=True))
