"""What a threat told in free words is like: its likely category, threats already known, techniques of ATLAS.

What is known comes from two places: OpenClaw's published threats, which the vocabularies hold, and the threats and
attack chains of templates. Both say which techniques they map to, so each is a worked example of its techniques.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from schema.facts import Vocabularies
from schema.mapping import vocabulary_of
from schema.similarity import Document, Index, Match, index, ranked
from schema.template import Template, Threat

SHOWN = 5
"""As many techniques and threats as are worth reading through."""
CLEAR = 0.06
"""How far the first has to be ahead of every other in likeness to be called clear. With each known threat left out in
turn that is one in six, and the first technique is then right every second time, where it else is every fifth."""


@dataclass(frozen=True)
class Example:
    """A threat, or a step of a chain, that somebody has put into a category and mapped to techniques of ATLAS.

    `key` names it: a threat id, or `<template>/<key>`. Two templates may hold the same threat; `names` are all it has
    anywhere, by which it is known again. A step of a chain has the names of its threat and an empty category.
    """

    key: str
    names: frozenset[str]
    title: str
    text: str
    category: str
    techniques: tuple[str, ...]


@dataclass(frozen=True)
class Suggestion:
    """What the text is like, most like first. `clear_*`: whether the first stands out from the second."""

    categories: tuple[str, ...]
    threats: tuple[Match, ...]
    techniques: tuple[Match, ...]
    clear_category: bool
    clear_technique: bool


@dataclass(frozen=True)
class Known:
    """Everything a text is compared with."""

    examples: Mapping[str, Example]
    categories: Index
    threats: Index
    techniques: Index
    suited: Mapping[str, frozenset[str]]
    """The techniques that may stand in each category: those with one of its tactics."""


def examples(vocabularies: Vocabularies, templates: Iterable[Template] = ()) -> Iterator[Example]:
    """Every worked example: the published threats first, then each template's threats and the steps of its chains."""
    for id_, threat in vocabularies["known-threats"].entries.items():
        said = (threat["title"], threat["summary"], threat["category"])
        yield Example(id_, frozenset((id_,)), *said, tuple(threat["techniques"]))
    for template in templates:
        yield from _of_template(template)


def known(vocabularies: Vocabularies, worked: Iterable[Example]) -> Known:
    """The examples and the names of vocabularies, made ready for comparing."""
    every = tuple(worked)
    threats = [example for example in every if example.category]
    suited = {id_: _suited(entry, vocabularies) for id_, entry in vocabularies["categories"].entries.items()}
    return Known(
        {example.key: example for example in reversed(threats)},
        index(_categories(vocabularies, threats)),
        index(_threats(threats)),
        index(_techniques(vocabularies, every)),
        suited,
    )


def suggest(about: Known, text: str, category: str = "") -> Suggestion:
    """What the text is like. With a category the techniques are those that suit it, and the guess is the category."""
    likely = ranked(about.categories, text)
    among = about.suited.get(category)
    techniques = ranked(about.techniques, text, among)
    return Suggestion(
        (category,) if category else tuple(match.key for match in likely[:3]),
        ranked(about.threats, text)[:SHOWN],
        techniques[:SHOWN],
        bool(category) or _clear(likely),
        _clear(techniques),
    )


def recall(vocabularies: Vocabularies, worked: Iterable[Example]) -> Mapping[str, tuple[float, float, float]]:
    """How often the right one is among the first 1, 3 and 5 (0 to 1), when each threat in turn is known nowhere.

    `category`; `technique`: any of those the threat maps to; `technique in its category`: the same, the category given.
    """
    every = tuple(worked)
    places: dict[str, list[int]] = defaultdict(list)
    for example in every:
        if example.category and example.techniques:
            others = (one for one in every if not one.names & example.names)
            for what, place in _tried(example, known(vocabularies, others)):
                places[what].append(place)
    return {what: (_share(found, 1), _share(found, 3), _share(found, 5)) for what, found in places.items()}


def _tried(example: Example, about: Known) -> Iterator[tuple[str, int]]:
    text = f"{example.title}. {example.text}"
    suited = about.suited[example.category]
    yield "category", _right(ranked(about.categories, text), {example.category})
    yield "technique", _right(ranked(about.techniques, text), example.techniques)
    yield "technique in its category", _right(ranked(about.techniques, text, suited), example.techniques)


def _clear(matches: tuple[Match, ...]) -> bool:
    if len(matches) < 2:
        return bool(matches)
    return matches[0].likeness - max(match.likeness for match in matches[1:]) >= CLEAR


def _of_template(template: Template) -> Iterator[Example]:
    for threat in template.threats:
        key = threat.id or f"{template.id}/{threat.key}"
        said = (threat.title, threat.scenario, threat.category)
        yield Example(key, _names(template, threat), *said, _atlas(threat.maps_to))
    for chain in template.attack_chains:
        for number, step in enumerate(chain.steps, 1):
            threat = template.threat_by_key.get(step.threat, Threat())
            key = f"{template.id}/{chain.key}/{number}"
            yield Example(key, _names(template, threat), "", step.how, "", _atlas(step.maps_to))


def _names(template: Template, threat: Threat) -> frozenset[str]:
    here = f"{template.id}/{threat.key}"
    return frozenset({here, threat.id, *(alias.id for alias in threat.known_as)} - {""})


def _atlas(ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(id_ for id_ in ids if vocabulary_of(id_) == "atlas")


def _suited(category: Mapping[str, Any], vocabularies: Vocabularies) -> frozenset[str]:
    tactics = set(category["tactics"])
    entries = vocabularies["atlas"].entries.items()
    return frozenset(id_ for id_, entry in entries if tactics & set(entry.get("tactics", ())))


def _categories(vocabularies: Vocabularies, threats: Collection[Example]) -> Iterator[Document]:
    told: dict[str, list[str]] = defaultdict(list)
    for threat in threats:
        told[threat.category] += [threat.title, threat.text]
    for id_, entry in vocabularies["categories"].entries.items():
        yield Document(id_, (entry["name"], entry["meaning"], *told[id_]))


def _threats(threats: Iterable[Example]) -> Iterator[Document]:
    """A threat that several templates hold is one, told in each of their ways."""
    told: dict[str, list[str]] = defaultdict(list)
    for threat in threats:
        told[threat.key] += [threat.title, threat.text]
    yield from (Document(key, tuple(pieces)) for key, pieces in told.items())


def _techniques(vocabularies: Vocabularies, worked: Iterable[Example]) -> Iterator[Document]:
    """The techniques in force, each with its name, names it had before, its parent's name and its examples."""
    told: dict[str, list[str]] = defaultdict(list)
    for example in worked:
        for id_ in example.techniques:
            told[id_] += [example.title, example.text]
    entries = vocabularies["atlas"].entries
    for id_, entry in entries.items():
        if "status" not in entry:
            above = entries.get(entry.get("parent", ""), {}).get("name", "")
            former = entry.get("former_names", ())
            yield Document(id_, (*[entry["name"]] * _NAME_COUNTS, *former, above, *told[id_]))


def _right(matches: Iterable[Match], wanted: Collection[str]) -> int:
    """The place of the first that is right, from 1; 0 for none."""
    return next((place for place, match in enumerate(matches, 1) if match.key in wanted), 0)


def _share(places: Collection[int], within: int) -> float:
    return sum(0 < place <= within for place in places) / max(1, len(places))


_NAME_COUNTS = 3
"""A name weighs as much as this many mentions in the examples."""
