"""Which lines of a comment are commands, by whom, and what becomes of them."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands import commands, people, said, same_as_said
from bot.facts import Role
from bot.numbering import rows
from bot.stages import Stage

COMMIT = "a" * 40

HIDDEN = {
    "quote": "> /assess",
    "quote that goes on": "> as you said\n/assess",
    "indented code": "    /assess",
    "behind a space": " /assess",
    "behind a tab": "\t/assess",
    "in a sentence": "please /assess",
    "fence": "```\n/assess\n```",
    "tilde fence": "~~~\n/assess\n~~~",
    "longer fence": "````\n```\n/assess\n````",
    "open fence": "```\n/assess",
    "fence with a language": "```yaml\n/assess\n```",
    "fence in a list": "- ```\n/assess\n",
    "inline code": "`/assess`",
    "inline code over lines": "see `this\n/assess\nthat`",
    "double inline code": "``a\n/assess\nb``",
    "HTML comment": "<!--\n/assess\n-->",
    "HTML comment that begins in a line": "text <!-- \n/assess\n --> x",
    "open HTML comment": "<!-- \n/assess",
    "pre": "<pre>\n/assess\n</pre>",
    "code element": "<code>\n\n/assess\n</code>",
    "blockquote element": "<blockquote>\n\n/assess\n\n</blockquote>",
    "other line break": "text\u2028/assess",
    "vertical tab": "text\x0b/assess",
    "other slash": "\u2215assess",
    "longer word": "/assessment-of-risk is what you want",
    "capital": "/Assess",
    "two slashes": "//assess",
}
SAID = {
    "alone": "/assess",
    "after text": "Thank you!\n\n/assess",
    "between lines": "Thanks\n/assess\nbye",
    "windows": "Thanks\r\n/assess\r\n",
    "after a fence": "```\n/hold\n```\n/assess",
    "after a tilde fence that a backtick does not end": "~~~\n```\n~~~\n/assess",
    "after a quote": "> said\n\n/assess",
    "after a closed HTML comment": "<!-- x -->\n/assess",
    "after inline code": "`x` and ``y``\n/assess",
    "after an open backtick": "it`s fine\n/assess",
    "blanks behind it": "/assess   ",
    "fence marks in a comment": "<!--\n```\n-->\n/assess",
}


@pytest.mark.parametrize("body", HIDDEN.values(), ids=HIDDEN)
def test_what_is_not_really_said_is_no_command(body: str, desk: Any) -> None:
    found = commands(desk.thread(comments=(desk.comment(body),)))
    assert [command.word for command in found if command.word == "assess"] == []


@pytest.mark.parametrize("body", SAID.values(), ids=SAID)
def test_what_is_said_is_heard_once(body: str, desk: Any) -> None:
    assert [command.word for command in commands(desk.thread(comments=(desk.comment(body),)))] == ["assess"]


@given(st.text(alphabet="`~>-<! \n/ahold", max_size=60))
def test_reading_a_comment_keeps_every_line_in_its_place(body: str) -> None:
    lines = body.split("\n")
    heard = [line for line in said(body) if line]
    assert all(line in lines for line in heard)


@pytest.mark.parametrize("changes", [{"edited": True}, {"bot": True}, {"ours": True}])
def test_edited_comments_and_machines_give_no_commands(changes: dict[str, bool], desk: Any) -> None:
    assert commands(desk.thread(comments=(desk.comment("/assess", **changes),))) == ()


def test_a_path_or_a_word_for_another_bot_is_left_alone(desk: Any) -> None:
    assert desk.review(desk.thread(comments=(desk.comment("I looked at\n/etc/passwd\n/retest please"),))).answers == ()


def heard(desk: Any, body: str, by: str, **changes: Any) -> Any:
    stands = changes.pop("stands", None) or desk.thread()
    stands = replace(stands, comments=(*stands.comments, desk.comment(body, by=by, number=9)))
    return desk.review(stands, **changes).answers


ALLOWED = [
    ("/help", "stranger"),
    ("/recheck", "stranger"),
    ("/assess", "tess"),
    ("/hold until Monday", "tess"),
    ("/hold off", "tess"),
    (f"/approve {COMMIT}", "wim"),
    ("/assign-ids", "max"),
]
NOT_ALLOWED = [
    ("/assess", "stranger"),
    ("/assess", "ada"),
    ("/hold", "ada"),
    (f"/approve {COMMIT}", "tess"),
    (f"/approve {COMMIT}", "ada"),
    (f"/approve {COMMIT}", "wanda"),
    ("/approve aaaaaaaaaaaa", "wim"),
    (f"/approve {'d' * 40}", "wim"),
    (f"/approve {'A' * 40}", "wim"),
    ("/assign-ids", "tess"),
    ("/same-as T-EXEC-002 no-such-key", "wim"),
    ("/same-as T-EXEC-099 orders-in-letter", "wim"),
    ("/same-as T-EXEC-2 orders-in-letter", "wim"),
    ("/withdraw T-EXEC-002 duplicate It is one.", "wim"),
    ("/withdraw T-EXEC-002 because It is one.", "max"),
    ("/withdraw T-EXEC-002 duplicate", "max"),
    ("/withdraw T-EXEC-077 duplicate It is one.", "max"),
    ("/aprove", "max"),
]


@pytest.mark.parametrize(("body", "by"), ALLOWED)
def test_who_may_is_answered_with_a_rocket(body: str, by: str, desk: Any) -> None:
    answers = heard(desk, body, by)
    ours = [(answer.comment, answer.reaction) for answer in answers]
    assert ours == ([] if body == "/assign-ids" else [(9, "rocket")])  # ids first have to stand in the ledger


@pytest.mark.parametrize(("body", "by"), NOT_ALLOWED)
def test_who_may_not_gets_one_sentence(body: str, by: str, desk: Any) -> None:
    answers = heard(desk, body, by, stands=desk.thread(committers=frozenset({"wanda"})))
    assert [answer.reaction for answer in answers] == ["confused"]
    assert answers[0].reply


def test_the_author_never_assesses_or_approves_even_with_every_right(desk: Any) -> None:
    roles = {"ada": Role.ADMIN}
    for body in ("/assess", f"/approve {COMMIT}"):
        assert [answer.reaction for answer in heard(desk, body, "ada", roles=roles)] == ["confused"]


def test_nothing_is_assessed_while_the_file_cannot_be_read(desk: Any) -> None:
    broken = desk.text().replace("version: 1.0.0", "version: [")
    answers = heard(desk, "/assess", "tess", head={desk.path: broken})
    assert [answer.reaction for answer in answers] == ["confused"]
    assert "errors of structure" in answers[0].reply


def test_all_commands_of_a_comment_are_carried_out_or_none(desk: Any) -> None:
    stands = desk.thread(comments=(desk.comment("/assess\n/withdraw T-EXEC-002 duplicate It is one."),))
    found = desk.review(stands)
    assert found.staging.stage is Stage.TRIAGE
    assert [answer.reaction for answer in found.answers] == ["confused"]
    assert "Nothing in that comment" in found.answers[0].reply


def test_what_was_answered_is_not_answered_again(desk: Any) -> None:
    answered = desk.comment("/help", our_reactions=frozenset({"rocket"}))
    assert desk.review(desk.thread(comments=(answered,))).answers == ()


def test_commands_for_the_ledger_wait_while_it_cannot_be_reached(desk: Any) -> None:
    for body in ("/assign-ids", "/same-as T-EXEC-002 orders-in-letter", "/withdraw T-EXEC-002 duplicate One too many."):
        assert heard(desk, body, "max", ledger=None) == ()


def test_a_command_for_the_ledger_is_answered_when_its_rows_stand(desk: Any) -> None:
    stands = desk.thread(comments=(desk.comment("/same-as T-EXEC-002 orders-in-letter", by="wim"),))
    first = desk.review(stands)
    assert first.answers == ()
    ledger = desk.ledger()
    new = rows(ledger, first.ids.wanted)
    assert [(row.id, row.subject, row.by) for row in new] == [("T-EXEC-002", "mail-sorter/orders-in-letter", "wim")]
    second = desk.review(stands, ledger=ledger.extended(new))
    assert [answer.reaction for answer in second.answers] == ["rocket"]


def test_a_withdrawal_may_name_what_follows(desk: Any) -> None:
    stands = desk.thread(comments=(desk.comment("/withdraw T-EXEC-001 duplicate T-EXEC-002 They are one.", by="max"),))
    new = rows(desk.ledger(), desk.review(stands).ids.wanted)
    assert [(row.id, row.state, row.note, row.superseded_by) for row in new] == [
        ("T-EXEC-001", "WITHDRAWN", "They are one.", "T-EXEC-002")
    ]


def test_roles_are_asked_of_those_who_matter(desk: Any) -> None:
    stands = desk.thread(
        comments=(desk.comment("hello", by="guest"), desk.comment("/assess", by="tess", number=2)),
        approvals=(desk.approval("wim"),),
    )
    assert set(people(stands)) == {"ada", "guest", "tess", "wim"}
    crowd = tuple(desk.comment("/help", by=f"guest-{n}", number=n) for n in range(50))
    assert len(people(desk.thread(comments=crowd))) == 4


def test_only_people_who_may_say_that_two_threats_are_the_same(desk: Any) -> None:
    said_ = [desk.comment("/same-as T-EXEC-002 a", by=by, number=n) for n, by in enumerate(("wim", "ada"), start=1)]
    roles = {"wim": Role.WRITE, "ada": Role.READ}
    assert same_as_said(desk.thread(comments=tuple(said_[:1])), roles) == {("T-EXEC-002", "a")}
    assert same_as_said(desk.thread(comments=tuple(said_[1:])), roles) == frozenset()
