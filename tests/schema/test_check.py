"""The whole judgement of a file: it never fails, speaks in order, points at one line, and heeds waivers."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schema.check import Checked, check
from schema.facts import Facts
from schema.finding import Finding, Severity, pointer
from schema.rules import RULES
from schema.shipped import facts

DATA = Path(__file__).parent.parent / "data"
MINIMAL = (DATA / "minimal.yaml").read_text("utf-8")
FULL = (DATA / "full.yaml").read_text("utf-8")
LINES = FULL.splitlines(keepends=True)
FACTS = facts(date(2026, 11, 20))
NAMES = {rule.name for rule in RULES}
STEADY = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
BARE_ACTORS = "".join(
    f"  - {{key: actor-{i}, name: Actor {i}, kind: accidental, in_scope: false}}\n" for i in range(12)
)
MANY = MINIMAL.replace("threat_actors:\n", "threat_actors:\n" + BARE_ACTORS)


def seen(text: str, known: Facts = FACTS) -> Checked:
    return check(text.encode(), "template.yaml", known)


def of(rule: str, checked: Checked) -> list[Finding]:
    return [finding for finding in checked.findings if finding.rule == rule]


def places(rule: str, text: str) -> list[str]:
    return [pointer(finding.path) for finding in of(rule, seen(text))]


def waived(waiver: str, text: str = MANY) -> list[str]:
    return places("actor-described", f"{text}waive:\n  - {{{waiver}}}\n")


def sound(checked: Checked, source: bytes) -> None:
    """What holds for every answer, whatever the file."""
    order = [(finding.place.line, finding.place.column) for finding in checked.findings]
    assert order == sorted(order)
    assert {finding.rule for finding in checked.findings} <= NAMES
    assert all(finding.message and finding.file == "template.yaml" for finding in checked.findings)
    assert checked.ok is not any(finding.severity is Severity.ERROR for finding in checked.findings)
    lines = source.count(b"\n") + 1
    assert all(1 <= finding.place.line <= lines for finding in checked.findings)


@pytest.mark.parametrize(
    "source", [b"", b"\n", b"- a\n", b"title\n", b"\x00", b"\xff", b"[" * 100_000, b"{}", b"--- ", b"a: &b *b"]
)
def test_any_file_has_an_answer(source: bytes) -> None:
    checked = check(source, "template.yaml", FACTS)
    assert not checked.ok
    sound(checked, source)


@STEADY
@given(
    st.lists(
        st.tuples(st.integers(0, len(LINES) - 1), st.sampled_from(["drop", "double", "swap", "indent"])), max_size=6
    )
)
def test_lines_lost_doubled_or_moved_have_an_answer(changes: list[tuple[int, str]]) -> None:
    lines = list(LINES)
    for at, change in changes:
        other = (at * 7) % len(lines)
        moved = {"drop": "", "double": lines[at] * 2, "swap": lines[other], "indent": "  " + lines[at]}
        lines[at] = moved[change]
    source = "".join(lines).encode()
    sound(check(source, "template.yaml", FACTS), source)


@STEADY
@given(st.integers(0, len(FULL) - 1), st.integers(0, 40), st.text(max_size=12))
def test_words_put_in_anywhere_have_an_answer(at: int, length: int, words: str) -> None:
    source = (FULL[:at] + words + FULL[at + length :]).encode("utf-8", "surrogatepass")
    sound(check(source, "template.yaml", FACTS), source)


@STEADY
@given(st.integers(0, len(FULL.encode()) - 1), st.binary(max_size=8))
def test_bytes_put_in_anywhere_have_an_answer(at: int, noise: bytes) -> None:
    source = FULL.encode()[:at] + noise + FULL.encode()[at:]
    sound(check(source, "template.yaml", FACTS), source)


@STEADY
@given(
    st.sampled_from(
        [": ", "key: ", "targets: ", "risk: ", "from: ", "zone: ", "inside: ", "threats: ", "path: ", "until: "]
    ),
    st.sampled_from(["[]", "{}", "[[a]]", "{a: b}", '""', "7", "true", '"\\n"', "back-room", "refund-tool", "[a, a]"]),
    st.integers(0, 20),
)
def test_values_of_the_wrong_kind_have_an_answer(field: str, value: str, which: int) -> None:
    ends = [at + len(field) for at in range(len(FULL)) if FULL.startswith(field, at)]
    at = ends[which % len(ends)]
    stop = min(end for end in (FULL.find(mark, at) for mark in (",", "}", "\n")) if end >= 0)
    source = (FULL[:at] + value + FULL[stop:]).encode()
    sound(check(source, "template.yaml", FACTS), source)


def test_a_file_that_cannot_be_read_has_findings_and_nothing_else() -> None:
    checked = seen("title: [\n")
    assert (checked.document, checked.template, checked.data) == (None, None, None)
    assert not checked.ok


def test_a_sound_file_comes_back_as_a_template() -> None:
    checked = seen(MINIMAL)
    assert checked.ok
    assert checked.template is not None
    assert checked.template.title == checked.data["title"] == "Desk assistant"


def test_findings_come_in_the_order_of_the_lines_whatever_rule_found_them() -> None:
    checked = seen(
        FULL.replace("threats: [invented-order]", "threats: [gone]").replace("access: external", "access: moon")
    )
    sound(checked, FULL.encode())
    assert len({finding.rule for finding in checked.findings}) > 1
    assert len({finding.place.line for finding in checked.findings}) > 2


def test_the_same_file_has_the_same_answer() -> None:
    assert seen(MANY).findings == seen(MANY).findings


def test_a_finding_about_a_whole_block_points_at_its_first_line() -> None:
    block = "stride_answers:\n  - targets: [person]\n    because: One person sits at the machine.\n"
    text = MINIMAL[: MINIMAL.index("stride_answers:")] + block
    found = next(finding for finding in seen(text).findings if pointer(finding.path) == "/stride_answers/0/stride")
    line = text[: text.index("  - targets: [person]")].count("\n") + 1
    assert (found.place.line, found.place.end_line) == (line, line)
    assert found.place.end_column == len("  - targets: [person]") + 1


def test_a_finding_about_a_text_of_several_lines_points_at_its_first() -> None:
    text = MINIMAL.replace("summary: One person", "summary: >-\n  Mount {{folder}} here.\n  One person")
    found = of("parameters-declared", seen(text))
    assert [(finding.place.line, finding.place.end_line) for finding in found] == [(5, 5)]


def test_rules_are_silent_where_the_structure_is_wrong_already() -> None:
    dangling = MINIMAL.replace("targets: [assistant]\n    stride: [T]", "targets: [assistent]\n    stride: [T]")
    assert places("reference-exists", dangling) == ["/threats/0/targets/0"]
    faulty = dangling.replace("targets: [assistent]", "targets: [Assistent]")
    assert places("structure", faulty) == ["/threats/0/targets/0"]
    assert places("reference-exists", faulty) == []


def test_a_fault_elsewhere_silences_no_rule() -> None:
    text = MINIMAL.replace("status: draft", "status: drafty").replace("actors: [file-author]", "actors: [nobody]")
    assert places("structure", text) == ["/status"]
    assert places("reference-exists", text) == ["/threats/0/actors/0"]


def test_one_misspelt_end_of_a_flow_is_one_error_and_no_story_about_boundaries() -> None:
    text = MINIMAL.replace("to: assistant, carries", "to: assistent, carries")
    assert [finding.rule for finding in seen(text).findings if finding.severity is not Severity.HINT] == [
        "reference-exists"
    ]


def test_one_rating_out_of_range_is_one_finding() -> None:
    text = MINIMAL.replace("likelihood: 4", "likelihood: 9")
    assert [finding.rule for finding in seen(text).findings if finding.severity is not Severity.HINT] == ["structure"]


@pytest.mark.parametrize("hostile", ['"line\\nbreak"', '"tick` mark"', '"' + "x" * 900 + '"'])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("key: orders-in-file", "key: HOSTILE", id="a key"),
        pytest.param("skill: basic", "skill: HOSTILE", id="a listed value"),
        pytest.param("date: 2026-11-20", "date: HOSTILE", id="a date"),
        pytest.param("kind: process", "kind: process, HOSTILE: red", id="the name of a field"),
    ],
)
def test_a_message_is_one_line_of_moderate_length_whatever_is_written(before: str, after: str, hostile: str) -> None:
    checked = seen(MINIMAL.replace(before, after.replace("HOSTILE", hostile)))
    assert of("structure", checked)
    for finding in checked.findings:
        assert "\n" not in finding.message
        assert len(finding.message) < 700
        assert finding.message.count("`") % 2 == 0


def test_a_waiver_excuses_a_warning() -> None:
    assert len(places("actor-described", MANY)) == 12
    assert waived("rule: actor-described, reason: Told in the handbook.") == []


def test_a_waiver_holds_for_its_path_and_what_stands_inside_it() -> None:
    left = waived("rule: actor-described, path: /threat_actors/1, reason: Told in the handbook.")
    assert len(left) == 11
    assert "/threat_actors/1" not in left
    assert {"/threat_actors/10", "/threat_actors/11"} <= set(left)
    assert waived("rule: actor-described, path: /threat_actors, reason: Told in the handbook.") == []


@pytest.mark.parametrize(
    "waiver",
    [
        pytest.param("rule: actor-described, reason: Old., until: 2026-11-19", id="ended yesterday"),
        pytest.param("rule: key-used, reason: Told in the handbook.", id="another rule"),
        pytest.param("rule: actor-described, path: /threats, reason: Told.", id="another place"),
        pytest.param("rule: actor-described, path: /threat_actor, reason: Told.", id="half a word of the place"),
    ],
)
def test_a_waiver_that_does_not_fit_excuses_nothing(waiver: str) -> None:
    assert len(waived(waiver)) == 12


@pytest.mark.parametrize("until", ["2026-11-20", "2027-01-01"])
def test_a_waiver_holds_up_to_its_last_day(until: str) -> None:
    assert waived(f"rule: actor-described, reason: Told in the handbook., until: {until}") == []


def test_the_day_is_the_one_given() -> None:
    text = MANY + "waive:\n  - {rule: actor-described, reason: Told in the handbook., until: 2026-11-20}\n"
    assert of("actor-described", seen(text)) == []
    assert len(of("actor-described", seen(text, replace(FACTS, today=date(2026, 11, 21))))) == 12


def test_an_error_cannot_be_waived() -> None:
    text = MINIMAL.replace("actors: [file-author]", "actors: [nobody]")
    waiver = "waive:\n  - {rule: reference-exists, reason: It comes with the next version.}\n"
    assert places("reference-exists", text + waiver) == ["/threats/0/actors/0"]
    structural = MINIMAL.replace("status: draft", "status: drafty")
    assert places("structure", structural + waiver.replace("reference-exists", "structure")) == ["/status"]


def test_a_warning_that_became_an_error_cannot_be_waived() -> None:
    text = MINIMAL.replace("status: draft", "status: vetted").replace("stride: [S, R, I, D, E]", "stride: [S]")
    waiver = "waive:\n  - {rule: stride-covered, reason: No time.}\n"
    assert [finding.severity for finding in of("stride-covered", seen(text + waiver))] == [Severity.ERROR]
