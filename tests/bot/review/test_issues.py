"""What an issue from a form is answered, and which steps are missing on it."""

import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.facts import Comment, Event, Thread
from bot.forms import FORMS, filled_in
from bot.issues import PRIVATE, Shelf, is_due, missing_steps
from bot.steps import Label, Lock, Reword, Say, Unsay
from schema import shipped
from schema.suggestion import examples, known

ROOM = Path(__file__).parents[3] / ".github" / "ISSUE_TEMPLATE"
NOW, LATE = "2026-11-20T10:00:00Z", "2026-11-22T09:00:01Z"
STORY = "A web page the agent reads tells it to mail the user's keys to a stranger, and the agent obeys the page."
BOXES = "- [x] This is not a live vulnerability that is still unknown to the public.\n- [x] I may share this text."


@cache
def shelf(house: Any) -> Shelf:
    vocabularies = shipped.vocabularies()
    return Shelf(known(vocabularies, examples(vocabularies)), vocabularies["atlas"].entries, house, "shelf/shelf")


def body(**changes: str) -> str:
    """As GitHub writes what was filled in; what was left empty says so."""
    said = {
        "What could happen?": STORY,
        "To what?": "A coding assistant with a mail tool.",
        "How likely is it?": "It needs a common misconfiguration or an unpatched bug",
        "What helps against it?": "_No response_",
        "How do you know?": "_No response_",
        "How shall we name you?": "_No response_",
        "Before you send it": BOXES,
    }
    by_word = {"happens": "What could happen?", "target": "To what?", "know": "How do you know?"}
    said |= {by_word.get(word, "Before you send it"): text for word, text in changes.items()}
    return "\n\n".join(f"### {label}\n\n{text}" for label, text in said.items())


def issue(text: str | None = None, **changes: Any) -> Thread:
    plain = Thread(
        8, is_pull=False, title="Threat: a page", author="ada", state="open", opened_at="2026-11-20T09:00:00Z"
    )
    return replace(plain, **{"labels": frozenset({"threat"}), "body": body() if text is None else text, **changes})


def said(desk: Any, given: Thread, moment: str = NOW) -> str:
    (only,) = (step for step in missing_steps(given, shelf(desk.house), moment) if isinstance(step, Say))
    return only.body


def answered(desk: Any, given: Thread, number: int = 100) -> Thread:
    """The same issue, once our comment stands below it."""
    ours = Comment(number, "node", "shelf-bot", said(desk, given), NOW, ours=True, bot=True)
    return replace(given, comments=(*given.comments, ours))


@pytest.mark.parametrize("name", sorted(FORMS))
def test_the_questions_are_those_of_the_form(name: str) -> None:
    form = yaml.safe_load((ROOM / f"{name}.yml").read_text(encoding="utf-8"))
    asked = {
        part["attributes"]["label"]: part.get("validations", {}).get("required", False)
        for part in form["body"]
        if part["type"] in ("textarea", "input", "dropdown") and part["id"] != "credit"
    }

    assert form["labels"] == [name]
    assert {one.label: one.needed for one in FORMS[name]} == asked


@pytest.mark.parametrize("name", sorted(FORMS))
def test_an_unticked_box_about_live_vulnerabilities_is_seen_in_every_form(name: str) -> None:
    form = yaml.safe_load((ROOM / f"{name}.yml").read_text(encoding="utf-8"))
    boxes = [
        option["label"]
        for part in form["body"]
        if part["type"] == "checkboxes"
        for option in part["attributes"]["options"]
    ]

    for mark, live in (("x", False), (" ", True)):
        text = "### Before you send it\n\n" + "\n".join(f"- [{mark}] {box}" for box in boxes)
        found = filled_in(text, [name])
        assert found is not None
        assert found.is_live == live


def test_an_answer_says_category_known_threats_techniques_and_until_when(desk: Any) -> None:
    told = said(desk, issue())

    assert re.search(r"\*\*Category\*\*: .*`[A-Z]+`", told)
    assert re.search(r"- `T-[A-Z]+-[0-9]{3}` “", told)
    assert re.search(r"- `AML\.T[0-9.]+` ", told)
    assert "by 2026-11-22 09:00 (UTC)" in told
    assert "Still missing" not in told
    assert "“What helps against it?”, “How do you know?”" in told


def test_what_was_not_answered_is_asked_for(desk: Any) -> None:
    assert "Still missing**, best added by editing the issue: “To what?”." in said(
        desk, issue(body(target="_No response_"))
    )
    assert "Still missing" in said(desk, issue("I threw the form away."))


def test_nothing_that_was_written_is_repeated(desk: Any) -> None:
    attack = "@everyone #1 <img src=x> [here](https://evil.example) zqxj-" + "`" * 9
    told = said(desk, issue(body(happens=attack, know=attack, target=attack)))

    assert not re.search(r"@|#1|<img|evil|zqxj|`{3}", told.split("-->", 1)[1])


def test_a_heading_inside_an_answer_moves_nobody_elses_words() -> None:
    found = filled_in(body(happens=f"{STORY}\n\n### Something else\n\nstill mine"), ["threat"])

    assert found is not None
    assert found.answers["What could happen?"].endswith("still mine")
    assert found.answers["To what?"] == "A coding assistant with a mail tool."


def test_it_is_answered_once_and_kept_true(desk: Any) -> None:
    stands = answered(desk, issue())
    assert missing_steps(stands, shelf(desk.house), NOW) == ()

    (step,) = missing_steps(replace(stands, body=body(target="_No response_")), shelf(desk.house), NOW)
    assert isinstance(step, Reword)
    assert step.comment == 100
    twice = replace(stands, comments=(*stands.comments, replace(stands.comments[0], id=101)))
    assert missing_steps(twice, shelf(desk.house), NOW) == (Unsay(101),)


def test_the_clock_runs_until_a_person_has_looked(desk: Any) -> None:
    stands = answered(desk, issue())
    assert missing_steps(stands, shelf(desk.house), LATE) == (Label("needs/triage-now", on=True),)
    looked = Event("labeled", "tess", "2026-11-22T10:00:00Z", "stage/assessment")
    late = replace(stands, labels=frozenset({"threat", "needs/triage-now"}), events=(looked,))
    reword, unlabel = missing_steps(late, shelf(desk.house), "2026-11-22T11:00:00Z")
    assert isinstance(reword, Reword)
    assert "looked at it on 2026-11-22 10:00" in reword.body
    assert unlabel == Label("needs/triage-now", on=False)


def test_a_sweep_looks_where_the_answer_or_the_label_is_missing(desk: Any) -> None:
    assert is_due(issue(), NOW)
    stands = answered(desk, issue())
    assert not is_due(stands, NOW)
    assert is_due(stands, LATE)
    assert not is_due(replace(stands, labels=frozenset({"threat", "needs/triage-now"})), LATE)
    assert not is_due(issue(labels=frozenset({"threat", PRIVATE})), LATE)


def test_other_issues_closed_ones_and_where_we_are_off_are_left_alone(desk: Any) -> None:
    for given in (
        issue(labels=frozenset({"question"})),
        issue(state="closed"),
        issue(labels=frozenset({"threat", "bot/off"})),
    ):
        assert missing_steps(given, shelf(desk.house), LATE) == ()


@pytest.mark.parametrize(
    "words", ["This 0-day works.", "I have a new zero-day in Foo 1.2", "It is not yet patched.", "under embargo"]
)
def test_a_live_vulnerability_is_led_away_and_nothing_of_it_repeated(desk: Any, words: str) -> None:
    label, lock, line = missing_steps(issue(body(happens=f"{STORY} {words}")), shelf(desk.house), NOW)

    assert (label, lock) == (Label(PRIVATE, on=True), Lock())
    assert isinstance(line, Say)
    told = line.body.split("-->\n", 1)[1]
    assert "https://forge.example/shelf/shelf/security/policy" in told
    assert len(told.splitlines()) == 1
    assert "T-" not in told


def test_what_the_forms_offer_and_what_is_long_known_is_no_live_vulnerability(desk: Any) -> None:
    offered = [
        option
        for name in FORMS
        for part in yaml.safe_load((ROOM / f"{name}.yml").read_text(encoding="utf-8"))["body"]
        if part["type"] == "dropdown"
        for option in part["attributes"]["options"]
    ]
    for words in (*offered, "The attacker buys a zero-day.", "CVE-2024-1234 is fixed."):
        steps = missing_steps(issue(body(happens=f"{STORY} {words}")), shelf(desk.house), NOW)
        assert [type(step) for step in steps] == [Say]


def test_each_of_the_three_is_done_once_and_a_person_may_undo_it(desk: Any) -> None:
    live = issue(body(happens="It is undisclosed."))
    half = replace(live, labels=frozenset({"threat", PRIVATE}))
    assert [type(step) for step in missing_steps(half, shelf(desk.house), NOW)] == [Lock, Say]
    done = answered(desk, replace(half, locked=True))
    assert missing_steps(done, shelf(desk.house), NOW) == ()
    unlocked = replace(done, locked=False)
    assert missing_steps(unlocked, shelf(desk.house), NOW) == ()
    taken_off = Event("unlabeled", "max", NOW, PRIVATE)
    (step,) = missing_steps(
        replace(unlocked, labels=frozenset({"threat"}), events=(taken_off,)), shelf(desk.house), NOW
    )
    assert isinstance(step, Reword)
    assert "**Category**" in step.body
