"""Data becomes a template: lenient about what is wrong, exact about where everything stands; content has a digest."""

import copy
from collections.abc import Iterator
from dataclasses import FrozenInstanceError
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from schema.check import check
from schema.content import content_digest
from schema.finding import Path as Way
from schema.finding import pointer
from schema.shipped import facts
from schema.template import declarations, from_data, mentions, parts, texts

SOURCE = (Path(__file__).parent.parent / "data" / "full.yaml").read_text("utf-8")
FACTS = facts(date(2026, 11, 20))
FULL = check(SOURCE.encode(), "full.yaml", FACTS)
REFERENCES = {
    "through",
    "guarded_by",
    "held_in",
    "opens",
    "threats",
    "inside",
    "zone",
    "supplier",
    "from",
    "to",
    "assets",
    "gated_by",
    "targets",
    "actors",
    "mitigated_by",
    "depends_on",
    "within",
    "elements",
    "threat",
    "broken_by",
    "mitigations",
    "failure_modes",
}
"""The fields of the contract that hold keys; four of them are also names of sections."""


def strings(value: Any, way: Way = ()) -> Iterator[tuple[Way, str]]:
    if isinstance(value, str):
        yield way, value
    elif isinstance(value, dict | list):
        entries = value.items() if isinstance(value, dict) else enumerate(value)
        for step, inner in entries:
            yield from strings(inner, (*way, step))


def field(way: Way) -> str:
    """The field a value stands in, lists left out: `targets` for /threats/0/targets/1."""
    return next(str(step) for step in reversed(way) if isinstance(step, str))


def referring(data: Any) -> list[Way]:
    return [way for way, _ in strings(data) if field(way) in REFERENCES]


def changed(data: Any, way: Way, new: Any) -> Any:
    whole = copy.deepcopy(data)
    part = whole
    for step in way[:-1]:
        part = part[step]
    part[way[-1]] = new
    return whole


def spoiled(way: Way) -> bytes:
    """The full template with another key at `way`, every other character as it was."""
    assert FULL.document is not None
    span = FULL.document.nodes[way].span
    return (SOURCE[: span.start] + "nobody-has-this-key" + SOURCE[span.end :]).encode()


def test_mentions_find_every_field_that_holds_a_key() -> None:
    found = {pointer(mention.path) for mention in mentions(from_data(FULL.data))}
    assert found == {pointer(way) for way in referring(FULL.data)}
    assert {field(mention.path) for mention in mentions(from_data(FULL.data))} == REFERENCES


@pytest.mark.parametrize("way", referring(FULL.data), ids=pointer)
def test_a_key_nobody_declares_is_reported_where_it_stands(way: Way) -> None:
    found = [f for f in check(spoiled(way), "full.yaml", FACTS).findings if f.rule == "reference-exists"]
    assert [pointer(finding.path) for finding in found] == [pointer(way)]


def test_declarations_find_every_key_of_the_file() -> None:
    template = from_data(FULL.data)
    keys = {pointer(way[:-1]) for way, _ in strings(FULL.data) if way[-1] == "key" and way[0] != "references"}
    assert {pointer(declared.path) for declared in declarations(template)} == keys


def test_every_part_leads_to_its_place_in_the_data() -> None:
    for part in parts(from_data(FULL.data)):
        inner = FULL.data
        for step in part.path:
            inner = inner[step]
        assert isinstance(inner, dict)


def test_every_text_is_found_at_its_place() -> None:
    found = dict(texts(from_data(FULL.data)))
    for way, text in strings(FULL.data):
        assert found.get(way, found.get((*way, 0))) == text, pointer(way)


def test_what_is_not_written_has_its_default() -> None:
    template = from_data({"threats": [{}], "mitigations": [{}], "threat_actors": [{}], "assumptions": [{}]})
    assert template.threats[0].phase == "initial"
    assert (template.mitigations[0].kind, template.mitigations[0].status) == ("prevent", "available")
    assert template.threat_actors[0].in_scope is True
    assert template.assumptions[0].tested == "untested"
    assert from_data({"diagram": {"flows": [{}]}}).diagram.flows[0].untrusted is None


def test_mappings_of_texts_are_kept() -> None:
    template = from_data(FULL.data)
    assert template.not_applicable == {"attack_chains": "Nothing to chain."}
    assert template.assets[0].needs == {"confidentiality": "high", "integrity": "medium", "availability": "low"}


@pytest.mark.parametrize("wrong", [None, "text", 7, True, [], {}, ["text"], [["text"]], [{"key": ["list"]}], {"a": {}}])
def test_a_field_of_the_wrong_type_keeps_its_default_or_is_read_leniently(wrong: Any) -> None:
    for way in [(name,) for name in FULL.data] + [("diagram", "flows"), ("threats", 0, "risk"), ("threats", 0, "key")]:
        template = from_data(changed(FULL.data, way, wrong))
        assert list(parts(template))
        assert all(isinstance(mention.key, str) for mention in mentions(template))
        assert all(isinstance(text, str) for _, text in texts(template))


@pytest.mark.parametrize("data", [None, "text", [], 7, {}])
def test_data_that_is_no_mapping_is_an_empty_template(data: Any) -> None:
    assert from_data(data) == from_data({})


def test_a_part_that_is_no_mapping_leaves_the_places_of_the_others_alone() -> None:
    template = from_data(
        {"threats": ["text", {"key": "second"}], "diagram": {"flows": [{}, {"from": "a1", "to": "b1"}]}}
    )
    assert [pointer(threat.path) for threat in template.threats] == ["/threats/1"]
    assert [pointer(mention.path) for mention in mentions(template)] == ["/diagram/flows/1/from", "/diagram/flows/1/to"]


def test_an_item_that_is_no_text_leaves_the_places_of_the_others_alone() -> None:
    template = from_data({"threats": [{"targets": [{"key": "a1"}, "gone"]}]})
    assert [pointer(mention.path) for mention in mentions(template)] == ["/threats/0/targets/1"]


def test_a_list_of_one_end_is_reported_at_the_end() -> None:
    template = from_data({"diagram": {"flows": [{"from": ["a1"], "to": ["b1", "c1"]}]}})
    assert [pointer(mention.path) for mention in mentions(template)][1:] == [
        "/diagram/flows/0/to/0",
        "/diagram/flows/0/to/1",
    ]


def test_a_flow_is_named_by_its_ends_unless_it_has_a_key() -> None:
    flows = from_data(FULL.data).diagram.flows
    assert [flow.key for flow in flows] == ["plea", "refund-tool-to-orders+bank"]
    assert flows[1].pairs == (("refund-tool", "orders"), ("refund-tool", "bank"))


def test_of_two_things_with_one_key_the_first_is_meant() -> None:
    template = from_data({"threats": [{"key": "twin", "title": "First"}, {"key": "twin", "title": "Second"}]})
    assert template.threat_by_key["twin"].title == "First"


def test_a_template_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        from_data(FULL.data).title = "Another"  # type: ignore[misc]  # the point of the test


def digest(way: Way, new: Any) -> str:
    return content_digest(changed(FULL.data, way, new))


@pytest.mark.parametrize(
    ("way", "new"),
    [
        pytest.param(("version",), "9.9.9", id="version"),
        pytest.param(("credits",), [], id="credits"),
        pytest.param(("review", "log", 0, "verdict"), "approved", id="review"),
        pytest.param(("threats", 0, "id"), "T-EXEC-002", id="id of a threat"),
        pytest.param(("threats", 1, "id"), "T-EXEC-002", id="id of a threat that had none"),
    ],
)
def test_what_the_registry_gives_is_not_content(way: Way, new: Any) -> None:
    assert digest(way, new) == content_digest(FULL.data)


def test_the_order_of_keys_is_not_content() -> None:
    turned = {key: FULL.data[key] for key in reversed(FULL.data)}
    turned["threats"] = [dict(reversed(threat.items())) for threat in FULL.data["threats"]]
    assert content_digest(turned) == content_digest(FULL.data)


def test_everything_else_is_content() -> None:
    before = content_digest(FULL.data)
    for way, _ in strings(FULL.data):
        given = way[0] in ("version", "credits", "review") or (way[0] == "threats" and way[2:] == ("id",))
        assert (digest(way, "another") == before) is given, pointer(way)


def test_the_order_of_a_list_and_the_type_of_a_value_are_content() -> None:
    before = content_digest(FULL.data)
    assert digest(("tags",), ["chat", "refunds"]) != before
    assert digest(("threats", 0, "risk", "likelihood"), "4") != before
