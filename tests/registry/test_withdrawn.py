"""What maintainers write beside a template about versions that were taken back."""

from datetime import date
from typing import Any

import pytest

from registry.publish import files_of, from_working_tree
from registry.withdrawn import Withdrawal, WithdrawalError, losses, unknown, withdrawals, written

ROW = Withdrawal("1.2.0", "2026-11-20", "A maintainer", "It's wrong: see #12.", "1.2.1")


def test_what_is_written_is_read_again() -> None:
    rows = (ROW, Withdrawal("0.9.0", "2026-11-21", "Zoë", "日本語 'quoted' - : {}"))
    assert withdrawals(written(rows).encode(), "withdrawn.yaml") == rows


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("", "cannot be read as YAML"),
        ("withdrawn: [", "cannot be read as YAML"),
        ("withdrawn: []", "withdrawn.yaml:1: "),
        ("other: 1", "There is no field `other`"),
        ("withdrawn:\n  - {version: 1.0.0, on: 2026-11-20, by: M}\n", "`reason` is missing"),
        ("withdrawn:\n  - {version: '1.0', on: 2026-11-20, by: M, reason: R}\n", "withdrawn.yaml:2: "),
        ("withdrawn:\n  - {version: 1.0.0, on: today, by: M, reason: R}\n", "withdrawn.yaml:2: "),
        ('withdrawn:\n  - {version: 1.0.0, on: 2026-11-20, by: M, reason: "a\\r\\nX-Evil: 1"}\n', "withdrawn.yaml:2: "),
        (written((ROW, ROW)), "1.2.0 is withdrawn twice"),
        (written((Withdrawal("1.0.0", "2026-11-20", "M", "R", "1.0.0"),)), "cannot follow itself"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(source: str, sentence: str) -> None:
    with pytest.raises(WithdrawalError) as told:
        withdrawals(source.encode(), "withdrawn.yaml")
    assert sentence in str(told.value)
    assert "\n" not in str(told.value)


def test_a_row_is_never_altered_and_never_taken_out() -> None:
    other = Withdrawal("1.3.0", "2026-11-22", "M", "R")
    assert list(losses((ROW,), (ROW, other))) == []
    assert [said[:5] for said in losses((ROW, other), (ROW,))] == ["1.3.0"]
    assert len(list(losses((ROW,), (Withdrawal("1.2.0", "2026-11-20", "A maintainer", "Fine"),)))) == 1


def test_only_published_versions_can_be_taken_back() -> None:
    assert list(unknown((ROW,), ("1.2.0", "1.2.1"))) == []
    assert list(unknown((ROW,), ("1.2.1",))) == ["withdrawn.yaml withdraws 1.2.0, which was never published."]
    assert "1.2.1 follows 1.2.0" in next(unknown((ROW,), ("1.2.0",)))


def test_the_working_tree_shows_what_is_taken_back(two_templates: Any) -> None:
    file = two_templates.root / "templates" / "mail-sorter" / "withdrawn.yaml"
    file.write_text(written((Withdrawal("1.0.0", "2026-11-20", "M", "R"),)))
    reading = from_working_tree(two_templates.root, date(2026, 11, 20), print)
    assert [release.id for release in reading.catalogue.latest] == ["desk-assistant"]
    assert (reading.refused, reading.strays) == ((), ())
    paths = {made.path: made for made in files_of(reading.catalogue)}
    assert "v1/templates/mail-sorter.yaml" not in paths
    assert paths["v1/templates/mail-sorter/1.0.0.yaml"].withdrawn == "R"
    file.write_text("withdrawn: nothing")
    reading = from_working_tree(two_templates.root, date(2026, 11, 20), print)
    assert [refusal.file for refusal in reading.refused] == ["templates/mail-sorter/withdrawn.yaml"]
