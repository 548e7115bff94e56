"""What an id in a file means where no fixture of a rule says it: without a ledger, on main, in somebody's clone."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from schema.check import check
from schema.facts import Facts
from schema.finding import Severity
from schema.ids import Ledger, Row, State
from schema.rules.id_shared import alike
from schema.shipped import facts
from schema.text import apply
from schema.transitions import Cause, Standing, Wish, closed, published, reserved, seeded

AT = "2026-11-20T09:00:00Z"
BY = Cause(AT, "maintainer-a")
LOG = Wish("triage/order-in-log", "EXEC")
REST = """\
    category: EXEC
    title: A log gives orders
    scenario: The agent reads the log of a failed build; a test prints a line that asks it to push.
    targets: [agent]
    stride: [T, E]
    risk: {likelihood: 4, impact: 3}
    status: open
"""
IDS = ("id-assigned", "id-unchanged", "id-withdrawn", "id-shared", "id-moved", "id-written")


def ledger() -> Ledger:
    seeds = Ledger().extended(seeded({"T-EXEC-001": "Orders in a log", "T-EXEC-002": "Two"}, "openclaw-trust", BY))
    return seeds.extended(reserved(seeds, [LOG], BY.of(12)))


def known(**given: Any) -> Facts:
    return replace(facts(date(2026, 11, 20)), **{"ledger": ledger(), **given})


def text(threat_id: str = "", key: str = "order-in-log", more: str = "") -> str:
    line = f"    id: {threat_id}\n" if threat_id else ""
    return f"id: triage\nthreats:\n  - key: {key}\n{line}{REST}{more}"


def said(source: str, given: Facts) -> list[tuple[str, str]]:
    return [
        (found.rule, str(found.severity)) for found in check(source.encode(), "x", given).findings if found.rule in IDS
    ]


@pytest.mark.parametrize(
    ("threat_id", "pull_request", "expected"),
    [
        ("", None, []),
        ("", 12, [("id-written", "hint")]),
        ("", 13, []),
        ("T-EXEC-003", 12, []),
        ("T-EXEC-003", 13, [("id-assigned", "error")]),
        ("T-EXEC-003", None, []),  # merged, and not settled yet
        ("T-EXEC-001", 12, [("id-shared", "hint")]),  # the titles are alike
        ("T-EXEC-002", 12, [("id-shared", "error")]),
        ("T-EXEC-002", None, [("id-shared", "hint")]),  # nobody can be asked outside a pull request
        ("T-EXEC-004", None, [("id-assigned", "error")]),
    ],
)
def test_the_pull_request_decides_who_may_carry_a_number(
    threat_id: str, pull_request: int | None, expected: list[tuple[str, str]]
) -> None:
    assert said(text(threat_id), known(pull_request=pull_request)) == expected


def test_a_number_reserved_in_a_clone_may_come_with_any_pull_request() -> None:
    whole = ledger().extended(reserved(ledger(), [Wish("triage/other", "EXEC")], BY))
    assert said(text("T-EXEC-004", "other"), known(ledger=whole, pull_request=40)) == []


def test_a_number_given_up_is_not_due_until_it_is_reserved_again() -> None:
    shut = ledger().extended(closed(ledger(), (), (), BY.of(12)))
    assert said(text(), known(ledger=shut, pull_request=12)) == []
    assert said(text("T-EXEC-003"), known(ledger=shut, pull_request=12)) == []
    assert said(text("T-EXEC-003"), known(ledger=shut, pull_request=13)) == [("id-assigned", "error")]


def test_without_the_ledger_only_the_file_is_judged_and_that_is_said_once() -> None:
    more = text("T-EXEC-501", "two").partition("threats:\n")[2] + text("T-EXEC-502", "three").partition("threats:\n")[2]
    assert said(text("T-EXEC-002", more=more), known(ledger=None)) == [("id-assigned", "hint")]
    assert said(text("T-EXEC-002"), known(ledger=None)) == []
    twice = text("T-EXEC-002", more=text("T-EXEC-002", "two").partition("threats:\n")[2])
    assert said(twice, known(ledger=None)) == [("id-unchanged", "error")]


def test_without_the_ledger_the_base_is_still_seen() -> None:
    base = check(text("T-EXEC-002").encode(), "x", known()).template
    alone = known(ledger=None, base=base)
    assert said(text("T-EXEC-001"), alone) == [("id-unchanged", "error")]
    assert said(text("T-EXEC-002", "renamed"), alone) == [("id-moved", "warning")]


def test_an_id_that_was_withdrawn_at_the_base_may_be_changed() -> None:
    gone = ledger().extended([Row(AT, "T-EXEC-002", State.WITHDRAWN, by="x", reason="legal", note="Taken down.")])
    base = check(text("T-EXEC-002").encode(), "x", known()).template
    assert said(text("T-EXEC-001"), known(ledger=gone, base=base, pull_request=12)) == [("id-shared", "hint")]


def test_the_id_of_another_key_is_not_offered_a_second_time() -> None:
    whole = ledger().extended(published(ledger(), [Standing(LOG.subject, "T-EXEC-003", "A log gives orders")], BY))
    again = text("", "order-in-log", text("T-EXEC-003", "renamed").partition("threats:\n")[2])
    assert ("id-written", "hint") not in said(again, known(ledger=whole, pull_request=14))


def test_the_folder_names_the_subject() -> None:
    assert said(text("T-EXEC-003"), known(folder="elsewhere", pull_request=12)) == [("id-assigned", "error")]


def test_a_word_in_the_place_of_an_id_is_left_out_by_the_edit() -> None:
    source = text("T-EXEC-XXX")
    found = [finding for finding in check(source.encode(), "x", known()).findings if finding.path[-1:] == ("id",)]
    assert [(finding.rule, finding.severity) for finding in found] == [("structure", Severity.ERROR)]
    assert found[0].edit is not None
    assert apply(source, [found[0].edit]) == text()


@pytest.mark.parametrize(
    ("one", "other", "like"),
    [
        ("Indirect Prompt Injection", "Indirect prompt injection by an issue", True),
        ("Injected prompts", "Prompt injection", True),
        ("Token theft", "Stolen tokens are used", True),
        ("Data Destruction", "Two agents, one loop", False),
        ("", "Data Destruction", False),
        ("The agent", "The agent", False),
        ("Two agents relabel an issue", "Prompt injection by a page", False),
        ("Подмена журнала", "подмена ЖУРНАЛА", True),
    ],
)
def test_which_titles_are_alike(one: str, other: str, like: bool) -> None:  # noqa: FBT001  # a parameter
    assert alike(one, other) is like
    assert alike(other, one) is like
