"""A document held against its JSON Schema: typed data, and findings a newcomer can act on."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import chain, islice
from typing import Any

import jsonschema_rs

from schema.document import Document
from schema.finding import Bare, Path, Problem, Renaming
from schema.near import alike, surely_meant
from schema.text import shown

Schema = Mapping[str, Any]
MOST_ERRORS = 5_000
"""Fields that are missing or unknown, beyond which nothing else of the file is told."""
MOST_NAMED = 16
"""Fields that a sentence lists."""
_OF_FIELDS = ("required", "additionalProperties")
_NOT_TEXT = ("integer", "boolean")


def typed(document: Document, schema: Schema) -> Any:
    """The document's data with whole numbers and true/false where the schema asks for them; the rest stays text."""
    return _typed(document.data, (), schema, (document, _compiled(_Same(schema))))


def problems(data: Any, schema: Schema) -> Iterator[Problem]:
    """What the schema does not allow, one problem per fault, in no particular order, of very many only the first."""
    compiled = _compiled(_Same(schema))
    if compiled.validator.is_valid(data):
        return
    fields = list(islice(_of_fields(data, (), schema, compiled), MOST_ERRORS))
    if len(fields) == MOST_ERRORS:  # before the validator, which makes them all at once, two kilobytes each
        yield from (_of_field(*field) for field in fields)
        return
    yield from _from(compiled.validator.iter_errors(data), schema)


def _from(errors: Iterable[Any], schema: Schema) -> Iterator[Problem]:
    told: set[Path] = set()
    for error in sorted(errors, key=lambda error: bool(error.kind.name != "type")):
        path: Path = tuple(error.instance_path)
        if error.kind.name in _OF_FIELDS or path not in told:  # a value of the wrong type has no other fault
            yield from _problem(error, path, at(schema, path))
        if error.kind.name not in _OF_FIELDS:
            told.add(path)


def at(schema: Schema, path: Path) -> Schema:
    """The part of the schema that governs the value at `path`; empty where none does."""
    part = _resolved(schema, schema)
    for step in path:
        inner = part.get("items") if isinstance(step, int) else part.get("properties", {}).get(step)
        if inner is None:
            return {}
        part = _resolved(inner, schema)
    return part


def _resolved(part: Schema, schema: Schema) -> Schema:
    """The part with what its `$ref` names; its own words win."""
    name = part.get("$ref")
    if name is None:
        return part
    target = schema["$defs"][name.removeprefix("#/$defs/")]
    return {**_resolved(target, schema), **{k: v for k, v in part.items() if k != "$ref"}}


class _Same:
    """A schema as the key of a cache: the very object, which lives as long as it is a key."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema

    def __hash__(self) -> int:
        return id(self.schema)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.schema is other.schema


class _Compiled:
    """What is made of a schema once, for every document that is held against it."""

    def __init__(self, schema: Schema) -> None:
        self.validator = jsonschema_rs.Draft202012Validator(dict(schema), retriever=_no_fetching)
        self._schema = schema
        self._known: dict[int, Schema] = {}

    def resolved(self, part: Schema) -> Schema:
        """The part, which belongs to the schema and so keeps its identity, with what its `$ref` names."""
        found = self._known.get(id(part))
        if found is None:
            found = self._known[id(part)] = _resolved(part, self._schema)
        return found


@lru_cache(maxsize=2)
def _compiled(same: _Same) -> _Compiled:
    return _Compiled(same.schema)


_NOWHERE: Schema = {}
"""The part that governs a value of which the schema knows nothing."""


def _typed(value: Any, path: Path, part: Schema, around: tuple[Document, _Compiled]) -> Any:
    document, compiled = around
    part = compiled.resolved(part)
    if isinstance(value, dict):
        fields = part.get("properties", _NOWHERE)
        return {key: _typed(inner, (*path, key), fields.get(key, _NOWHERE), around) for key, inner in value.items()}
    if isinstance(value, list):
        items = part.get("items", _NOWHERE)
        return [_typed(inner, (*path, i), items, around) for i, inner in enumerate(value)]
    wanted = part.get("type")
    return _scalar(value, wanted) if wanted in _NOT_TEXT and document.nodes[path].plain else value


def _of_fields(value: Any, path: Path, part: Schema, compiled: _Compiled) -> Iterator[tuple[Path, Any, Schema]]:
    """Every field that is missing or unknown, as its path, the mapping it belongs to and what governs that."""
    part = compiled.resolved(part)
    if isinstance(value, dict):
        fields = part.get("properties", _NOWHERE)
        unknown = (name for name in value if name not in fields) if part.get("additionalProperties") is False else ()
        missing = (name for name in part.get("required", ()) if name not in value)
        yield from (((*path, name), value, part) for name in chain(missing, unknown))
        for name, inner in value.items():
            yield from _of_fields(inner, (*path, name), fields.get(name, _NOWHERE), compiled)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _of_fields(inner, (*path, number), part.get("items", _NOWHERE), compiled)


def _of_field(path: Path, mapping: Mapping[str, Any], part: Schema) -> Problem:
    if path[-1] in mapping:
        return _unknown_field(path, mapping, part)
    return Problem(path, _required({"property": path[-1]}, mapping, part))


def _scalar(value: str, wanted: Any) -> Any:
    if wanted == "integer" and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    if wanted == "boolean" and value in ("true", "false"):
        return value == "true"
    return value


def _no_fetching(uri: str) -> Any:
    raise ValueError(f"the schema names {uri}, and nothing is fetched")


def _problem(error: Any, path: Path, part: Schema) -> Iterator[Problem]:
    detail = error.kind.as_dict()
    if error.kind.name == "additionalProperties":
        yield from (_unknown_field((*path, name), error.instance, part) for name in detail["unexpected"])
        return
    write = _SENTENCES.get(error.kind.name)
    if error.kind.name == "required":
        path = (*path, detail["property"])
    message = write(detail, error.instance, part) if write else f"{_name(part)}: {error.message}"
    mend = _MENDS.get(error.kind.name)
    yield Problem(path, message, replacement=mend(error.instance, part) if mend else None)


def _of_the_options(value: Any, part: Schema) -> str | None:
    return surely_meant(str(value), map(str, part.get("enum", ())))


def _without_quotes(value: Any, part: Schema) -> Bare | None:
    """A number or a true/false that only quotes or capitals keep from being one."""
    text = value.strip().lower() if isinstance(value, str) else ""
    return None if isinstance(_scalar(text, part.get("type")), str) else Bare(text)


def _fields(names: list[str]) -> str:
    """Those there are; more than a reader takes in are left to the reference."""
    if len(names) > MOST_NAMED:
        return f"The schema reference lists the {len(names)} fields there are."
    return f"Fields here: {', '.join(names)}."


def _unknown_field(path: Path, mapping: Mapping[str, Any], part: Schema) -> Problem:
    name, fields = str(path[-1]), list(part.get("properties", {}))
    meant = surely_meant(name, fields)
    near = [meant] if meant else alike(name, fields)
    advice = f"Did you mean `{near[0]}`?" if near else _fields(fields)
    where = f"in {_name(part)}" if path[1:] else "at the top of a template"
    fits = meant not in mapping and all(name in mapping for name in part.get("dependentRequired", {}).get(meant, ()))
    mend = Renaming(meant) if meant and fits else None
    return Problem(path, f"There is no field `{shown(name)}` {where}. {advice}", replacement=mend, on_key=True)


def _required(detail: Mapping[str, Any], value: Any, part: Schema) -> str:
    name = detail["property"]
    partners = [key for key, names in part.get("dependentRequired", {}).items() if name in names and key in value]
    meaning = str(part.get("properties", {}).get(name, {}).get("description", "")).split(". ")[0].rstrip(".")
    together = f" It goes together with `{partners[0]}`." if partners else ""
    return f"`{name}` is missing in {_name(part)}: {meaning}.{together}"


def _type(_detail: Mapping[str, Any], value: Any, part: Schema) -> str:
    wanted = part.get("type")
    if wanted == "integer":
        return f"{_name(part)} is a whole number from {part['minimum']} to {part['maximum']}, written without quotes."
    if wanted == "boolean":
        return f"{_name(part)} is `true` or `false`, written without quotes."
    return f"{_name(part)} has to be {_KINDS.get(str(wanted), 'a key or a list of keys')}; here stands {_seen(value)}."


def _seen(value: Any) -> str:
    if isinstance(value, dict):
        return "a mapping (`key: value` lines)"
    return "a list" if isinstance(value, list) else f"the text {_quoted(value)}"


def _enum(_detail: Mapping[str, Any], value: Any, part: Schema) -> str:
    allowed = [str(option) for option in part.get("enum", ())]
    near = alike(str(value), allowed)
    hint = f" Did you mean `{near[0]}`?" if near else ""
    return f"{_quoted(value)} is not one of {', '.join(f'`{option}`' for option in allowed)}.{hint}"


def _pattern(_detail: Mapping[str, Any], value: Any, part: Schema) -> str:
    says = part.get("patternErrorMessage", "it has another form")
    return f"{_quoted(value)} does not fit {_name(part)}: {says}."


def _any_of(_detail: Mapping[str, Any], _value: Any, part: Schema) -> str:
    options = [f"`{name}`" for option in part.get("anyOf", ()) for name in option.get("required", ())]
    return f"Name at least one of {' and '.join(options)}."


def _not(_detail: Mapping[str, Any], _value: Any, part: Schema) -> str:
    names = " and ".join(f"`{name}`" for name in part.get("not", {}).get("required", ()))
    return f"{_name(part)} holds both {names}: keep one."


def _too_few(_detail: Mapping[str, Any], _value: Any, part: Schema) -> str:
    return f"{_name(part)} is empty: name at least one, or take the line out where the field may be absent."


def _too_many(_detail: Mapping[str, Any], value: Any, part: Schema) -> str:
    return f"{_name(part)} may hold at most {part.get('maxItems')} entries; here stand {len(value)}."


def _too_long(_detail: Mapping[str, Any], value: Any, part: Schema) -> str:
    return f"{_name(part)} may be at most {part.get('maxLength')} characters long; this has {len(value)}."


def _too_short(_detail: Mapping[str, Any], value: Any, part: Schema) -> str:
    if not value:
        return f"{_name(part)} is empty: write the text, or take the line out where the field may be absent."
    return f"{_quoted(value)} is too short for {_name(part)}: at least {part.get('minLength')} characters."


def _twice(_detail: Mapping[str, Any], value: Any, part: Schema) -> str:
    again = next((item for i, item in enumerate(value) if item in value[:i]), "")
    return f"{_quoted(again)} stands twice in {_name(part)}: once is enough."


def _out_of_range(_detail: Mapping[str, Any], value: Any, part: Schema) -> str:
    return f"{_name(part)} goes from {part.get('minimum')} to {part.get('maximum')}; here stands {value}."


def _name(part: Schema) -> str:
    return f"“{part['title']}”" if "title" in part else "An entry"


def _quoted(value: Any) -> str:
    return f"`{shown(str(value))}`"


_MENDS: Mapping[str, Callable[[Any, Schema], str | Bare | None]] = {"enum": _of_the_options, "type": _without_quotes}
_KINDS = {"object": "a mapping (`key: value` lines)", "array": "a list (`- item` lines)", "string": "a text"}
_SENTENCES: Mapping[str, Callable[[Mapping[str, Any], Any, Schema], str]] = {
    "required": _required,
    "type": _type,
    "enum": _enum,
    "pattern": _pattern,
    "anyOf": _any_of,
    "not": _not,
    "minItems": _too_few,
    "minProperties": _too_few,
    "maxItems": _too_many,
    "maxLength": _too_long,
    "minLength": _too_short,
    "uniqueItems": _twice,
    "minimum": _out_of_range,
    "maximum": _out_of_range,
}
