"""What a template may cite, found by its id or by a word of its name, present or former."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from schema.facts import Vocabulary

_TOLD = ("name", "title", "summary", "meaning")


@dataclass(frozen=True)
class Cited:
    """One entry and the vocabulary it stands in."""

    vocabulary: Vocabulary
    key: str
    entry: Mapping[str, Any]

    @property
    def name(self) -> str:
        """What it is called: a name, a title or, for an incident, what happened."""
        return next((str(self.entry[field]) for field in _TOLD if self.entry.get(field)), "")


def found(vocabularies: Mapping[str, Vocabulary], words: str) -> tuple[Cited, ...]:
    """The entry with this id, wherever it stands; else every entry whose texts hold all the words, any case."""
    wanted = words.casefold().split()
    every = tuple(_every(vocabularies))
    exact = tuple(cited for cited in every if [cited.key.casefold()] == wanted)
    return exact or tuple(cited for cited in every if wanted and _holds(cited, wanted))


def _every(vocabularies: Mapping[str, Vocabulary]) -> Iterator[Cited]:
    for vocabulary in vocabularies.values():
        yield from (Cited(vocabulary, key, entry) for key, entry in vocabulary.entries.items())


def _holds(cited: Cited, wanted: list[str]) -> bool:
    told = [cited.key, *(str(cited.entry.get(field, "")) for field in _TOLD), *cited.entry.get("former_names", ())]
    text = " ".join(told).casefold()
    return all(word in text for word in wanted)
