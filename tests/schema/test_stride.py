"""The STRIDE matrix: which cells are asked, what answers them, and how the sum is counted."""

from collections import Counter

import pytest
import yaml

from schema.stride import LETTERS, Coverage, asked, cells_of_line, cells_of_threat, coverage, matrix, open_cells
from schema.template import Template, from_data

HOUSE = """
diagram:
  zones: [{key: street, trust: untrusted}, {key: garden, trust: low}, {key: house, trust: high}]
  elements:
    - {key: stranger, kind: external, zone: street}
    - {key: neighbour, kind: external, zone: garden}
    - {key: owner, kind: external, zone: house}
    - {key: agent, kind: process, zone: house}
    - {key: notes, kind: store, zone: house}
"""


def template(text: str) -> Template:
    return from_data(yaml.safe_load(text))


def letters(text: str, target: str) -> str:
    return "".join(cell.letter for cell in asked(template(text)) if cell.target == target)


def letters_of_element(line: str) -> str:
    flow = "{from: one, to: two, carries: words, returns: words}"
    other = "{key: two, kind: store, zone: room}"
    drawn = f"diagram: {{zones: [{{key: room}}], elements: [{line}, {other}], flows: [{flow}]}}"
    return letters(drawn, "one")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("{key: one, kind: process, zone: room}", "STRIDE"),
        ("{key: one, kind: store, zone: room}", "TID"),
        ("{key: one, kind: store, role: cache, zone: room}", "TID"),
        ("{key: one, kind: store, role: log, zone: room}", "TRID"),
        ("{key: one, kind: external, zone: room}", "SR"),
    ],
)
def test_each_kind_of_element_is_asked_its_letters(line: str, expected: str) -> None:
    assert letters_of_element(line) == expected


def test_an_external_that_only_receives_or_replies_is_not_asked() -> None:
    drawn = HOUSE + "  flows: [{from: agent, to: stranger, carries: digest, returns: receipts}]\n"
    assert letters(drawn, "stranger") == ""


@pytest.mark.parametrize(
    ("flow", "expected"),
    [
        pytest.param("from: owner, to: agent, encryption: none", "", id="inside a zone nothing is asked"),
        pytest.param("from: stranger, to: agent, encryption: none", "TID", id="plain, from strangers"),
        pytest.param("from: stranger, to: agent, encryption: TLS", "D", id="encrypted, from strangers"),
        pytest.param("from: neighbour, to: agent", "D", id="from a zone of low trust"),
        pytest.param("from: agent, to: stranger, encryption: none", "TI", id="plain, to strangers"),
        pytest.param("from: agent, to: stranger", "", id="encryption not said"),
        pytest.param("from: owner, to: stranger", "", id="from a trusted external"),
        pytest.param("from: [owner, stranger], to: agent", "D", id="one of several senders is a stranger"),
    ],
)
def test_a_flow_that_crosses_an_edge_is_asked(flow: str, expected: str) -> None:
    assert letters(f"{HOUSE}  flows: [{{key: words, {flow}, carries: words}}]\n", "words") == expected


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("{key: box, enforced_by: container, strength: strong}", "E"),
        ("{key: box, enforced_by: container, strength: weak}", "E"),
        ("{key: box, enforced_by: a line on paper, strength: none}", ""),
        ("{key: box}", ""),
    ],
)
def test_the_edge_of_a_zone_is_asked_when_something_holds_it(zone: str, expected: str) -> None:
    assert letters(f"diagram: {{zones: [{zone}], elements: [{{key: it, kind: store, zone: box}}]}}", "box") == expected


def test_an_enforced_zone_that_holds_nothing_is_not_asked() -> None:
    assert letters("diagram: {zones: [{key: box, enforced_by: wall, strength: strong}]}", "box") == ""


def test_cells_come_in_the_order_elements_flows_zones() -> None:
    drawn = HOUSE.replace("trust: high", "trust: high, enforced_by: door, strength: weak")
    targets = [
        cell.target for cell in asked(template(drawn + "  flows: [{from: stranger, to: agent, carries: words}]\n"))
    ]
    assert list(dict.fromkeys(targets)) == ["stranger", "agent", "notes", "stranger-to-agent", "house"]


ANSWERED = """
diagram:
  zones: [{key: house}, {key: cellar, inside: house}]
  elements:
    - {key: agent, kind: process, zone: house}
    - {key: notes, kind: store, zone: house}
    - {key: backup, kind: store, zone: cellar}
  flows: [{key: copy, from: notes, to: backup, carries: notes}]
threats:
  - {key: rewritten, targets: [notes, copy], stride: [T, S]}
  - {key: spoofed, targets: [agent], stride: [S, T]}
stride_answers:
  - {within: [house], stride: [T, I], because: Told elsewhere.}
  - {targets: [backup], stride: [D], because: There is a second one.}
"""


def test_coverage_counts_each_asked_cell_once() -> None:
    counted = coverage(template(ANSWERED))
    assert counted == Coverage(asked=12, by_threat=3, by_answer=5, left=4)
    assert counted.percent == 66


def test_what_is_left_are_the_asked_cells_nothing_answers() -> None:
    assert [(cell.target, cell.letter) for cell in open_cells(template(ANSWERED))] == [
        ("agent", "R"),
        ("agent", "D"),
        ("agent", "E"),
        ("notes", "D"),
    ]


def test_a_line_within_a_zone_answers_for_zones_inside_it() -> None:
    whole = template(ANSWERED)
    cells = Counter(cell.target for cell in cells_of_line(whole, whole.stride_answers[0]))
    assert cells == {"agent": 2, "notes": 2, "backup": 2}


def test_a_target_named_twice_counts_once() -> None:
    whole = template("""
diagram: {zones: [{key: house}], elements: [{key: agent, kind: process, zone: house}]}
stride_answers: [{targets: [agent], within: [house], stride: [S, R], because: One user.}]
""")
    assert len(cells_of_line(whole, whole.stride_answers[0])) == 2


def test_cells_nobody_asks_are_shown_and_not_counted() -> None:
    whole = template(ANSWERED)
    row = {row.target: row for row in matrix(whole)}["copy"]
    assert [letter for letter in LETTERS if row.cells[letter].threats] == ["S", "T"]
    assert not any(answer.asked or answer.left for answer in row.cells.values())
    assert len(cells_of_threat(whole.threats[0])) == 4


def test_the_matrix_shows_elements_always_and_flows_and_zones_that_speak() -> None:
    assert [row.target for row in matrix(template(ANSWERED))] == ["agent", "notes", "backup", "copy"]


def test_nothing_asked_is_fully_covered() -> None:
    assert coverage(template("title: Nothing drawn")) == Coverage(0, 0, 0, 0)
    assert coverage(template("title: Nothing drawn")).percent == 100


def test_full_coverage_is_only_said_when_nothing_is_left() -> None:
    assert Coverage(asked=200, by_threat=100, by_answer=99, left=1).percent == 99
