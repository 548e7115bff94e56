"""What is brought out in a diagram: elements with their words, arrows the way they are drawn."""

import yaml

from schema import drawing, marking
from schema.reach import Reading
from schema.reach_blast import Power
from schema.template import Template, from_data

COMES, ADVISED = Reading
DESK = """
diagram:
  zones: [{key: internet, trust: untrusted}, {key: desk, trust: medium}]
  elements:
    - {key: customer, name: Customer, kind: external, zone: internet}
    - {key: triage, name: Triage, kind: process, zone: desk}
    - {key: folder, name: Folder, kind: store, zone: desk}
    - {key: clerk, name: Clerk, kind: process, zone: desk}
    - {key: refunds, name: Refund tool, kind: process, zone: desk, abilities: [pay]}
  flows:
    - {key: ticket, from: customer, to: triage, carries: tickets}
    - {key: notes, from: [triage, clerk], to: folder, carries: notes, returns: earlier notes}
    - {key: payment, from: clerk, to: refunds, carries: refunds, gated_by: [limit]}
mitigations: [{key: limit, status: available}]
"""


def desk() -> Template:
    return from_data(yaml.safe_load(DESK))


def test_the_way_to_an_element_counts_its_steps_and_goes_back_on_a_reply() -> None:
    found = marking.of_taint(desk(), COMES, "refunds")
    assert found.elements == {
        "customer": "source", "triage": "step 1", "folder": "step 2", "clerk": "step 3", "refunds": "step 4",
    }  # fmt: skip
    assert found.arrows == {
        ("ticket", "customer", "triage"), ("notes", "triage", "folder"), ("notes", "clerk", "folder"),
        ("payment", "clerk", "refunds"),
    }  # fmt: skip
    assert found.title == "The way of untrusted data to refunds, as it comes: gates in place count"


def test_where_nothing_gets_nothing_is_brought_out() -> None:
    found = marking.of_taint(desk(), ADVISED, "refunds")
    assert (found.elements, found.arrows) == ({}, frozenset())
    assert found.title.startswith("Untrusted data does not reach refunds")
    assert "fontcolor" not in drawing.dot_level_one(desk(), found).partition("n0 [")[2].partition("]")[0]


def test_what_falls_says_how_and_how_far() -> None:
    found = marking.of_blast(desk(), "triage", Power.HOLD, COMES)
    assert found.elements["triage"] == "starts here, held"
    assert found.elements["folder"] == "steered, 1 hop"
    assert found.elements["clerk"] == "steered, 2 hops"
    assert ("notes", "clerk", "folder") in found.arrows


def test_only_the_marked_arrows_of_a_flow_with_several_ends_are_brought_out() -> None:
    template = desk()
    found = marking.of_taint(template, COMES, "folder")
    ids = drawing.arrow_ids(template)
    assert [ids["notes", end, "folder"] for end in ("triage", "clerk")] == ["fl-notes", "fl-notes.2"]
    faded = {name for name, mark in drawing.flow_marks(template, found).items() if mark.faded}
    assert faded == {"fl-notes.2", "fl-payment"}
    assert "linkStyle 0,1 stroke" in drawing.mermaid(template, found)
    assert not any(mark.faded for mark in drawing.flow_marks(template).values())


def test_a_word_stands_in_the_element_and_no_name_can_leave_its_label() -> None:
    hostile = from_data(yaml.safe_load(DESK.replace("name: Triage", 'name: "<b>&quot; \\\\N"')))
    found = marking.of_taint(hostile, COMES, "triage")
    assert "step 1</FONT>>" in drawing.dot_level_one(hostile, found)
    assert "&lt;b&gt;" in drawing.dot_level_one(hostile, found)
    assert "<b>" not in drawing.mermaid(hostile, found)
