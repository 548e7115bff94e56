"""What is kept of a past that was judged: it saves work and never changes an answer."""

from collections.abc import Callable
from pathlib import Path

import pytest

from registry.remembered import Published, key, once
from schema.facts import PublishedVersion

FOUND = {"desk-assistant": (PublishedVersion("1.0.0", "a" * 64, "b" * 64),)}


def judge(calls: list[str], found: Published = FOUND) -> Callable[[], Published]:
    def work() -> Published:
        calls.append("judged")
        return found

    return work


def test_the_same_past_is_judged_once(tmp_path: Path) -> None:
    calls: list[str] = []
    file = tmp_path / "new" / "folder" / "kept.json"
    assert [once(file, "key", judge(calls)) for _ in range(3)] == [FOUND] * 3
    assert calls == ["judged"]


def test_another_key_is_judged_anew_and_takes_the_place(tmp_path: Path) -> None:
    calls: list[str] = []
    file = tmp_path / "kept.json"
    for asked in ("one", "two", "two", "one"):
        once(file, asked, judge(calls))
    assert len(calls) == 3
    assert [entry.name for entry in tmp_path.iterdir()] == ["kept.json"]


@pytest.mark.parametrize(
    "damage",
    [
        "",
        "{",
        "[]",
        "null",
        '{"key": "key"}',
        '{"key": "key", "published": []}',
        '{"key": "key", "published": {"desk-assistant": 1}}',
        '{"key": "key", "published": {"desk-assistant": [{"version": 1, "sha256": "", "content": ""}]}}',
        '{"key": "key", "published": {"desk-assistant": [{"version": "1.0.0"}]}}',
        '{"key": "other", "published": {}}',
        "[" * 100_000,
        "\udcff",
    ],
)
def test_what_is_damaged_or_was_kept_for_something_else_is_not_believed(tmp_path: Path, damage: str) -> None:
    calls: list[str] = []
    file = tmp_path / "kept.json"
    file.write_bytes(damage.encode("utf-8", "surrogateescape"))
    assert once(file, "key", judge(calls)) == once(file, "key", judge(calls)) == FOUND
    assert calls == ["judged"], "judged, kept, and believed from then on"


def test_a_link_to_something_sound_is_not_believed(tmp_path: Path) -> None:
    calls: list[str] = []
    once(tmp_path / "elsewhere.json", "key", judge([], {}))
    (tmp_path / "kept.json").symlink_to("elsewhere.json")
    assert once(tmp_path / "kept.json", "key", judge(calls)) == FOUND
    assert calls == ["judged"]


@pytest.mark.parametrize("blocked", ["a-file", "kept.json"])
def test_a_place_that_takes_nothing_changes_no_answer(tmp_path: Path, blocked: str) -> None:
    (tmp_path / "a-file").write_text("no folder", encoding="utf-8")
    (tmp_path / "kept.json" / "inside").mkdir(parents=True)
    file = tmp_path / "a-file" / "kept.json" if blocked == "a-file" else tmp_path / "kept.json"
    assert once(file, "key", judge([])) == FOUND
    assert once(None, "key", judge([])) == FOUND


def test_every_part_of_a_key_counts() -> None:
    keys = {key(parts) for parts in (("a", "b"), ("ab",), ("a", "b", ""), ("b", "a"), ('a", "b',), ("\udcff",))}
    assert len(keys) == 6
