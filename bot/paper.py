"""What the job that reads hands to the jobs that write: one JSON file, believed for text and for nothing else.

The job that made it has read hostile files. So its size is bounded, every value has the type its place asks for, no key
is missing or unknown, and who may do what, which number and which head are asked of GitHub again.
"""

import dataclasses
import json
import types
import typing
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

from bot.reviewer import Look

MOST_BYTES = 8_388_608
MOST_ITEMS = 20_000
LONGEST_TEXT = 1_048_576
MOST_DEPTH = 12


class PaperError(ValueError):
    """The file is not what the reading job writes; the message says where."""


def write(look: Look) -> str:
    """The look as JSON. Raises PaperError when it is larger than anybody would read."""
    text = json.dumps(_plain(look), ensure_ascii=True, sort_keys=True)
    if len(text) > MOST_BYTES:
        raise PaperError(f"the look is {len(text):,} bytes long, {MOST_BYTES:,} at most are handed on")
    return text


def read(data: bytes) -> Look:
    """The look in the JSON. Raises PaperError at the first value that is not of the form the reading job writes."""
    if len(data) > MOST_BYTES:
        raise PaperError(f"the file is {len(data):,} bytes long, at most {MOST_BYTES:,} are read")
    try:
        value = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError):
        raise PaperError("the file is no JSON") from None
    found: Look = _built(Look, value, "$")
    return found


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _built(kind: Any, value: Any, at: str) -> Any:
    """The value as the type says, or PaperError with its place."""
    if at.count(".") > MOST_DEPTH:
        raise PaperError(f"{at[:200]} is too deep")
    if dataclasses.is_dataclass(kind):
        return _object(kind, value, at)
    build = _BUILDERS.get(typing.get_origin(kind) or kind)
    return build(kind, value, at) if build else _single(kind, value, at)


def _object(kind: Any, value: Any, at: str) -> Any:
    hints = typing.get_type_hints(kind)
    names = [field.name for field in dataclasses.fields(kind)]
    if not isinstance(value, dict) or set(value) != set(names):
        raise PaperError(f"{at} has other keys than {', '.join(names)}")
    return kind(**{name: _built(hints[name], value[name], f"{at}.{name}") for name in names})


def _tuple(kind: Any, value: Any, at: str) -> tuple[Any, ...]:
    inner = typing.get_args(kind)
    if not isinstance(value, list) or len(value) > MOST_ITEMS:
        raise PaperError(f"{at} is no list, or one of more than {MOST_ITEMS:,}")
    kinds = [inner[0]] * len(value) if inner[-1] is Ellipsis else list(inner)
    if len(kinds) != len(value):
        raise PaperError(f"{at} has {len(value)} values, not {len(kinds)}")
    pairs = enumerate(zip(kinds, value, strict=True))
    return tuple(_built(one, item, f"{at}[{index}]") for index, (one, item) in pairs)


def _mapping(kind: Any, value: Any, at: str) -> dict[str, Any]:
    inner = typing.get_args(kind)[1]
    if not isinstance(value, dict) or len(value) > MOST_ITEMS:
        raise PaperError(f"{at} is no object, or one of more than {MOST_ITEMS:,}")
    return {_text(str, key, at): _built(inner, item, f"{at}.*") for key, item in value.items()}


def _either(kind: Any, value: Any, at: str) -> Any:
    for one in typing.get_args(kind):
        try:
            return None if one is type(None) and value is None else _built(one, value, at)
        except PaperError:
            continue
    raise PaperError(f"{at} is of none of the types it may have")


def _text(_kind: Any, value: Any, at: str) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        raise PaperError(f"{at} is no text, or too long")
    return value


def _single(kind: Any, value: Any, at: str) -> Any:
    """A number, a truth value, or a word of a list."""
    if isinstance(kind, type) and issubclass(kind, Enum):
        known = {member.value: member for member in kind}
        if not isinstance(value, str) or value not in known:
            raise PaperError(f"{at} is none of {', '.join(map(str, known))}")
        return known[value]
    if type(value) is not kind:
        raise PaperError(f"{at} is no {getattr(kind, '__name__', kind)}")
    return value


_BUILDERS: Mapping[Any, Callable[[Any, Any, str], Any]] = {
    tuple: _tuple,
    Mapping: _mapping,
    typing.Union: _either,
    types.UnionType: _either,
    str: _text,
}
"""By the type's outermost part; typing.get_origin names abstract collections as collections.abc does."""
