"""What changes, said in the field's terms."""

from typing import Any

from bot.changes import ONLY_TEXTS, Line
from bot.facts import Change


def lines(desk: Any, after: str, before: str | None = None) -> tuple[Line, ...]:
    stands = desk.thread(desk.added(desk.path, change=Change.MODIFIED))
    found: tuple[Line, ...] = (
        desk.judged(stands, {desk.path: after}, {desk.path: before or desk.text()}).templates[0].changes
    )
    return found


def test_versions_parts_and_judgements_are_told_apart(desk: Any) -> None:
    text = desk.text()
    after = text.replace("version: 1.0.0", "version: 1.1.0").replace("status: draft", "status: candidate")
    after = after.replace("key: mailbox-flooded", "key: mailbox-full").replace(
        "likelihood: 4, impact: 3", "likelihood: 5, impact: 4"
    )
    after = after.replace("key: office, name", "key: server, name").replace("zone: office", "zone: server")
    assert lines(desk, after) == (
        Line("Version raised", ("1.0.0", "1.1.0"), " → "),
        Line("Status changed", ("draft", "candidate"), " → "),
        Line("1 threat added", ("mailbox-full",)),
        Line("1 threat removed", ("mailbox-flooded",)),
        Line("1 trust zone added", ("server",)),
        Line("1 trust zone removed", ("office",)),
        Line("Risk of 1 threat changed", ("orders-in-letter: High (4 x 3) → Critical (5 x 4)",)),
        Line("Zone of 2 elements changed", ("writer", "sorter")),
    )


def test_a_changed_category_answer_or_target_is_named(desk: Any) -> None:
    after = (
        desk.text()
        .replace("category: EXEC", "category: EVADE")
        .replace("targets: [sorter]\n    stride: [T]", "targets: [sorter]\n    stride: [T, I]")
    )
    assert [line.words for line in lines(desk, after)] == [
        "Category of 1 threat changed",
        "STRIDE letters of 1 threat changed",
    ]


def test_a_version_that_goes_back_is_not_called_raised(desk: Any) -> None:
    assert lines(desk, desk.text().replace("version: 1.0.0", "version: 0.9.0"))[0].words == "Version changed"


def test_only_texts_differ(desk: Any) -> None:
    after = desk.text().replace("An agent reads", "An agent sees")
    assert lines(desk, after) == (Line(ONLY_TEXTS),)


def test_a_new_template_is_told_from_a_changed_and_a_moved_one(desk: Any) -> None:
    new = desk.judged(desk.thread(), {desk.path: desk.text()}).templates[0]
    assert (new.is_new, new.changes, new.before) == (True, (), None)
    assert (new.now.threats, new.now.risk["High"], new.now.risk["Medium"], new.now.coverage.asked) == (2, 1, 1, 8)
    old = "templates/old-sorter/template.yaml"
    moved = desk.added(desk.path, change=Change.RENAMED, previous_path=old)
    seen = desk.judged(desk.thread(moved), {desk.path: desk.text()}, {old: desk.text()}).templates[0]
    assert not seen.is_new


def test_a_base_that_cannot_be_read_takes_nothing_away(desk: Any) -> None:
    assert lines(desk, desk.text(), "threats: [") == ()


def test_a_rating_of_what_is_left_is_told_beside_the_risk(desk: Any) -> None:
    rated = "    risk: {likelihood: 4, impact: 3"
    assert rated in desk.text()
    after = desk.text().replace(rated, "    residual: {likelihood: 1, impact: 3, because: Signed.}\n" + rated)
    assert lines(desk, after)[0] == Line("Residual of 1 threat changed", ("orders-in-letter: not rated → Low (1 x 3)",))
