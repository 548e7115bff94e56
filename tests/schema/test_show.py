"""Taint, blast radius, coverage and risk as tables and as data: the same facts, readable without colour."""

from collections.abc import Iterable

import yaml

from schema import analysis, show
from schema.reach import Reading
from schema.reach_blast import Power
from schema.show import Line, Stretch
from schema.template import Template, from_data

COMES = Reading.AS_IT_COMES
DESK = """
worst_actions: [{key: false-refund, action: Pay a refund nobody is owed, through: [refunds]}]
assets: [{key: cases, name: Cases, held_in: [folder]}]
diagram:
  zones: [{key: internet, trust: untrusted}, {key: desk, trust: medium}]
  elements:
    - {key: customer, name: Customer, kind: external, zone: internet}
    - {key: triage, name: Triage, kind: process, zone: desk}
    - {key: folder, name: Folder, kind: store, zone: desk}
    - {key: refunds, name: Refund tool, kind: process, zone: desk, abilities: [pay]}
  flows:
    - {key: ticket, from: customer, to: triage, carries: tickets}
    - {key: notes, from: triage, to: folder, carries: notes, returns: earlier notes}
    - {key: payment, from: triage, to: refunds, carries: refunds, gated_by: [limit]}
mitigations: [{key: limit, status: available}]
threats:
  - {key: quiet, title: Nobody notices, targets: [folder], stride: [T], risk: {likelihood: 4, impact: 4}, status: open}
  - {key: paid, title: A refund is ordered, targets: [refunds], stride: [T, E], risk: {likelihood: 4, impact: 4},
     residual: {likelihood: 1, impact: 4}, mitigated_by: [limit], status: open}
  - {key: worst, title: All is paid out, targets: [triage], stride: [E], risk: {likelihood: 5, impact: 5}, status: open}
  - {key: unrated, title: Not looked at yet, targets: [triage], stride: [D]}
stride_answers: [{targets: [folder], stride: [I], because: Everybody at the desk may read it.}]
"""


def desk() -> Template:
    return from_data(yaml.safe_load(DESK))


def text(lines: Iterable[Line]) -> list[str]:
    return ["".join(stretch.text for stretch in line).rstrip() for line in lines]


def test_taint_is_a_tree_from_each_source_with_what_each_element_can_do() -> None:
    assert text(show.taint_lines(desk(), COMES)) == [
        "Taint, as it comes: gates in place count",
        "3 of 4 elements are reached, 1 of them act.",
        "",
        "customer  source",
        "└─ triage  on ticket",
        "   ├─ folder  on notes",
        "   └─ refunds  on payment  can pay",
    ]
    assert "refunds" not in "".join(text(show.taint_lines(desk(), Reading.AS_ADVISED)))


def test_taint_to_one_element_leaves_the_other_ways_out() -> None:
    assert text(show.taint_lines(desk(), COMES, "folder"))[3:] == [
        "customer  source",
        "└─ triage  on ticket",
        "   └─ folder  on notes",
    ]
    assert text(show.taint_lines(desk(), Reading.AS_ADVISED, "refunds"))[2:] == [
        "Untrusted data does not reach refunds."
    ]
    assert [found["element"] for found in analysis.taint_data(desk(), COMES, "folder")["elements"]] == ["folder"]


def test_a_long_line_hangs_beside_its_column_or_below_it_and_under_the_bars_of_its_tree() -> None:
    line = (Stretch("│  ├─ "), Stretch("refunds  "), Stretch("can send, write, delete and install"))
    assert text(show.fitted(line, 60)) == ["│  ├─ refunds  can send, write, delete and install"]
    assert text(show.fitted(line, 46)) == ["│  ├─ refunds  can send, write, delete and", "│  │           install"]
    assert text(show.fitted(line, 42)) == [
        "│  ├─ refunds",
        "│  │      can send, write, delete and",
        "│  │      install",
    ]


def test_a_word_longer_than_the_screen_is_still_there() -> None:
    assert "".join(text(show.fitted((Stretch("x" * 100),), 40))).count("x") == 100
    assert text(show.fitted((), 40)) == [""]


def test_nothing_tainted_is_said_in_one_line() -> None:
    assert text(show.taint_lines(from_data({}), COMES))[1:] == ["0 of 0 elements are reached, 0 of them act."]


def test_taint_as_data_holds_every_step() -> None:
    found = analysis.taint_data(desk(), COMES)
    assert [element["element"] for element in found["elements"]] == ["triage", "folder", "refunds"]
    assert found["elements"][2] == {
        "element": "refunds",
        "acts": ["pay"],
        "paths": [
            {
                "source": "customer",
                "steps": [
                    {"flow": "ticket", "from": "customer", "to": "triage", "reply": False},
                    {"flow": "payment", "from": "triage", "to": "refunds", "reply": False},
                ],
            }
        ],
    }


def test_blast_radius_is_told_nearest_first_with_reasons() -> None:
    lines = text(show.blast_lines(desk(), "triage", Power.HOLD, COMES))
    assert lines[0] == "Blast radius of triage held, as it comes: gates in place count"
    assert lines[3:9] == [
        "Held: 1",
        "   0  triage  here it starts",
        "",
        "Steered: 2",
        "   1  folder   `triage` sends it `notes`",
        "   1  refunds  `triage` sends it `payment`",
    ]
    assert "Ways out: none" in lines
    assert lines[-1] == "Abilities: pay"


def test_blast_radius_as_data_says_the_same() -> None:
    found = analysis.blast_data(desk(), "triage", Power.HOLD, Reading.AS_ADVISED)
    assert (found["element"], found["start"], found["reading"]) == ("triage", "hold", "as-advised")
    assert [step["key"] for step in found["steered"]] == ["folder"]
    assert [step["key"] for step in found["seen"]] == ["cases"]
    assert [step["key"] for step in found["altered"]] == ["cases"]
    assert found["worst_actions"] == ()


def test_coverage_has_three_parts_for_each_target_and_for_all() -> None:
    lines = text(show.coverage_lines(desk()))
    assert lines[1:4] == [
        "          S T R I D E   threat  reason  open",
        "customer  ! · ! · · ·       0       0     2",
        "triage    ! ! ! ! ● ●       2       0     4",
    ]
    assert lines[4:8] == [
        "folder    · ● · ○ ! ·       1       1     1",
        "refunds   ! ● ! ! ! ●       2       0     4",
        "ticket    · · · · ! ·       0       0     1",
        "all                         5       1    12",
    ]
    assert lines[-2].endswith("  33 % of 18 cells answered")
    assert len(lines[-2].split("  ")[0]) == 40
    found = analysis.coverage_data(desk())
    assert (found["asked"], found["by_threat"], found["by_reason"], found["open"]) == (18, 5, 1, 12)
    assert found["targets"][2] == {
        "target": "folder",
        "name": "Folder",
        "kind": "store",
        "by_threat": "T",
        "by_reason": "I",
        "open": "D",
    }


def test_coverage_of_nothing_does_not_divide_by_it() -> None:
    assert "100 % of 0 cells answered" in text(show.coverage_lines(from_data({})))[-2]


def test_risk_counts_each_cell_before_and_after_and_sorts_by_what_hangs_on_it() -> None:
    lines = text(show.risk_lines(desk()))
    assert lines[2:7] == [
        "5 certain                  ·      ·      ·      ·    1→0",
        "4 likely                   ·      ·      ·    2→0      ·",
        "3 possible                 ·      ·      ·      ·      ·",
        "2 unlikely                 ·      ·      ·      ·      ·",
        "1 rare                     ·      ·      ·    0→1      ·",
    ]
    assert [line.split("  ")[-1].strip() for line in lines[8:]] == [
        "All is paid out",
        "A refund is ordered",
        "Nobody notices",
        "Not looked at yet",
    ]
    assert lines[9].split()[:6] == ["16", "High", "→", "Low", "paid", "your"]


def test_risk_as_data_has_25_cells_and_the_worst_threat_first() -> None:
    found = analysis.risk_data(desk())
    assert len(found["cells"]) == 25
    assert sum(cell["threats"] for cell in found["cells"]) == 3
    assert sum(cell["residual"] for cell in found["cells"]) == 1
    assert [(threat["key"], threat["level"]) for threat in found["threats"]] == [
        ("worst", "Critical"),
        ("paid", "High"),
        ("quiet", "High"),
        ("unrated", ""),
    ]
    assert found["threats"][1]["worst_actions"] == ["false-refund"]
