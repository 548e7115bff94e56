"""What a text is like: the plain measures, the suggestions made of them, and how often they are right."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schema.document import Document as Read
from schema.document import read
from schema.facts import Vocabularies
from schema.shipped import template_schema, vocabularies
from schema.similarity import MOST_CHARACTERS, Document, index, ranked
from schema.structure import typed
from schema.suggestion import SHOWN, Example, Known, examples, known, recall, suggest
from schema.template import Template, from_data

ROOT = Path(__file__).parents[2]
SHELF = index(
    [
        Document("injection", ("Hidden instructions in a page", "The agent follows what the page says")),
        Document("theft", ("Keys are read from the disk", "Somebody copies the token file")),
        Document("loop", ("The agent runs in a loop", "Credits are used up until the budget is gone")),
        Document("empty", ()),
    ]
)


def template(name: str) -> Template:
    document = read((ROOT / name).read_bytes(), name)
    assert isinstance(document, Read)
    return from_data(typed(document, template_schema()))


@pytest.fixture(scope="module")
def worked() -> tuple[Example, ...]:
    return tuple(examples(vocabularies(), [template("templates/local-coding-assistant/template.yaml")]))


@pytest.fixture(scope="module")
def about(worked: tuple[Example, ...]) -> Known:
    return known(vocabularies(), worked)


def keys(text: str, among: set[str] | None = None) -> list[str]:
    return [match.key for match in ranked(SHELF, text, among)]


# Texts


def test_a_text_is_most_like_the_document_with_its_words() -> None:
    assert keys("a token is copied from disk")[0] == "theft"
    assert keys("it loops and burns credits")[0] == "loop"


def test_another_form_of_a_word_is_still_like_it() -> None:
    assert keys("instructing")[0] == "injection"


def test_what_shares_nothing_is_like_nothing() -> None:
    assert keys("zzz") == []
    assert keys("") == []
    assert keys("...!?") == []
    assert ranked(index([]), "anything") == ()


def test_only_the_keys_asked_for_come_back() -> None:
    assert keys("keys token page loop", {"loop"}) == ["loop"]
    assert keys("keys token page loop", set()) == []


def test_the_same_text_is_wholly_like_itself() -> None:
    (first, *_) = ranked(index([Document("a", ("one two three",)), Document("b", ("four",))]), "one two three")
    assert first.key == "a"
    assert first.likeness == pytest.approx(1)


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=300))
def test_any_text_gets_likenesses_between_0_and_1_in_order(text: str) -> None:
    found = ranked(SHELF, text)
    assert all(0 < match.likeness <= 1.000001 for match in found)
    assert [match.score for match in found] == sorted((match.score for match in found), reverse=True)
    assert found == ranked(SHELF, text)


def test_a_text_is_looked_at_up_to_a_limit() -> None:
    padding = "unheard " * (MOST_CHARACTERS // 8)
    assert keys(padding + "token") == keys(padding)


# Suggestions


def test_a_published_threat_is_recognised_in_other_words(about: Known) -> None:
    found = suggest(about, "Orders hidden in a web page or an issue make the agent run commands")
    assert "T-EXEC-002" in [match.key for match in found.threats]
    assert any(match.key.startswith("AML.T0051") for match in found.techniques)
    assert len(found.techniques) <= SHOWN


def test_with_a_category_only_techniques_with_one_of_its_tactics_are_suggested(about: Known) -> None:
    found = suggest(about, "A page tells the agent to mail our keys to a stranger", "EXFIL")
    tactics = set(vocabularies()["categories"].entries["EXFIL"]["tactics"])
    assert found.categories == ("EXFIL",)
    assert found.techniques
    for match in found.techniques:
        assert tactics & set(vocabularies()["atlas"].entries[match.key]["tactics"])


def test_a_revoked_technique_is_never_suggested(about: Known) -> None:
    names = [entry["name"] for entry in vocabularies()["atlas"].entries.values() if entry.get("status") == "revoked"]
    for name in names:
        found = suggest(about, name)
        assert all("status" not in vocabularies()["atlas"].entries[match.key] for match in found.techniques)


def test_a_text_that_names_a_technique_has_it_as_a_clear_first(about: Known) -> None:
    found = suggest(about, "Publish Hallucinated Entities")
    assert found.techniques[0].key == "AML.T0060"
    assert found.clear_technique


def test_a_text_like_nothing_gets_no_suggestion(about: Known) -> None:
    found = suggest(about, "zzz")
    assert (found.categories, found.threats, found.techniques) == ((), (), ())
    assert not found.clear_category
    assert not found.clear_technique


def test_a_threat_that_a_template_shares_with_the_published_ones_stands_once(worked: tuple[Example, ...]) -> None:
    twice = [example.key for example in worked if example.category]
    assert len(set(twice)) < len(twice)
    assert sorted(known(vocabularies(), worked).threats.keys) == sorted(set(twice))


def test_of_the_known_threats_left_out_in_turn_as_many_are_right_as_is_told(worked: tuple[Example, ...]) -> None:
    """The words of `threatshelf suggest` rest on these: about half the time, with a category three times in five."""
    figures = recall(vocabularies(), worked)
    assert figures["technique"][2] >= 0.45
    assert figures["technique in its category"][2] >= 0.57
    assert figures["category"][0] >= 0.42
    assert figures["category"][1] >= 0.65
    assert figures["technique in its category"] > figures["technique"]


def test_the_measure_leaves_out_a_threat_under_all_its_names() -> None:
    shared: Vocabularies = vocabularies()
    twin = Example("T-X", frozenset({"T-X", "mine/x"}), "zyx wvu", "zyx wvu", "EXEC", ("AML.T0060",))
    same = Example("mine/x", frozenset({"mine/x"}), "zyx wvu", "zyx wvu", "EXEC", ("AML.T0060",))
    assert recall(shared, [twin, same])["technique"] == (0, 0, 0)
    other = Example("other/x", frozenset({"other/x"}), "zyx wvu", "zyx wvu", "EXEC", ("AML.T0060",))
    assert recall(shared, [twin, other])["technique"] == (1, 1, 1)
