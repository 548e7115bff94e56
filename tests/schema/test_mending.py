"""What `--fix` may do to a file: sure edits only, each agreed to by a second check, and not a byte more."""

from collections import Counter
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schema.check import Checked, check
from schema.finding import pointer
from schema.mending import mended
from schema.shipped import facts

HERE = Path(__file__).parent
STORY = (HERE.parent / "data" / "story.yaml").read_bytes()
FIXTURES = sorted((HERE / "rules").glob("*/bad*.yaml"))
KNOWN = facts(date(2026, 11, 20))


def judge(source: bytes) -> Checked:
    return check(source, "template.yaml", KNOWN)


def found(checked: Checked) -> Counter[tuple[str, str]]:
    return Counter((finding.rule, pointer(finding.path)) for finding in checked.findings)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (b"\nstatus: draft\n", b"\nstatus: drafd\n"),
        (b"\nstatus: draft\n", b"\nstatus: Draft\n"),
        (b"\nstatus: draft\n", b"\nstatus: 'drafd'   # not yet\n"),
        (b"\nsummary: ", b"\nsummery: "),
        (b"likelihood: 3", b'likelihood: "3"'),
        (b"reversible: true", b"reversible: 'True'"),
        (b"\nthreat_actors:", b"\nthreat-actors:"),
        (b"schema_version: ", b"\xef\xbb\xbfschema_version: "),
        (b"\ntitle: ", b"\ntitle:\t"),
        (b"\ntitle: ", b"\ntitle: \xe2\x80\x8b"),
    ],
)
def test_a_sure_slip_is_mended(right: bytes, wrong: bytes) -> None:
    source = STORY.replace(right, wrong, 1)
    assert source != STORY
    result = mended(source, judge)
    assert len(result.gone) == 1
    assert result.checked.findings == ()
    expected = STORY if b"drafd'" not in wrong else STORY.replace(right, wrong.replace(b"drafd", b"draft"), 1)
    assert result.source == expected


def test_several_are_mended_together_and_line_ends_stay_as_they_are() -> None:
    story = STORY.replace(b"\n", b"\r\n")
    source = story.replace(b"status: draft", b"status: drafd", 1).replace(b"summary: ", b"summery: ", 1)
    assert mended(source, judge).source == story


def test_a_file_is_mended_on_from_one_fault_of_its_syntax_to_the_next() -> None:
    source = STORY.replace(b"title: ", b"title: @", 1).replace(b"status: draft", b"status: drafd", 1)
    result = mended(source, judge)
    assert {finding.rule for finding in result.gone} == {"yaml-syntax", "structure"}
    assert result.checked.findings == ()


def test_an_edit_that_would_bring_another_finding_is_left_to_its_author() -> None:
    source = STORY.replace(b"\nstatus: draft\n", b"\nstatus: vettd\n", 1)
    result = mended(source, judge)
    assert result.source == source
    assert result.gone == ()
    assert any(finding.edit for finding in result.checked.findings)


def test_a_key_that_may_be_meant_is_proposed_and_not_written() -> None:
    document = judge(STORY)
    assert document.template is not None
    key = document.template.diagram.elements[0].key
    line = next(line for line in STORY.decode().splitlines() if f"from: {key}," in line or f"to: {key}," in line)
    source = STORY.replace(line.encode(), line.replace(f"{key},", f"{key}x,", 1).encode(), 1)
    result = mended(source, judge)
    assert result.source == source
    proposed = [finding.edit for finding in result.checked.findings if finding.rule == "reference-exists"]
    assert [(edit.text, edit.sure) for edit in proposed if edit] == [(key, False)]


def test_two_fields_that_mean_the_same_are_not_both_renamed() -> None:
    source = STORY.replace(b"\nstatus: draft\n", b"\nstatuss: draft\nstatu: draft\n", 1)
    result = mended(source, judge)
    assert result.source.count(b"\nstatus: draft\n") == 1
    assert [finding.rule for finding in result.checked.findings] == ["structure"]


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_nothing_is_added_to_any_fixture_and_a_second_time_changes_nothing(path: Path) -> None:
    source = path.read_bytes()
    before, result = judge(source), mended(source, judge)
    if before.document:
        assert found(result.checked) <= found(before)
        assert found(before).total() - found(result.checked).total() >= len(result.gone)
    assert mended(result.source, judge).source == result.source
    assert (result.source == source) == (not result.gone)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_whatever_a_file_holds_mending_ends_without_an_error(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(STORY)))
    noise = data.draw(st.binary(max_size=12) | st.sampled_from([b"\t", b": ", b"@", b"\r", b"\xe2\x80\xae", b"- {"]))
    result = mended(STORY[:at] + noise + STORY[at:], partial(check, file="template.yaml", facts=KNOWN))
    assert mended(result.source, judge).gone == ()
