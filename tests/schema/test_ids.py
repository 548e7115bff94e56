"""The grammar of threat ids, and which text is a ledger: what may stand in it, in which order, written in which way."""

from dataclasses import replace
from itertools import pairwise

import pytest

from schema.ids import Ledger, LedgerError, Row, State, ThreatId, extends, parse_id, plain, read, write

AT = "2026-11-20T09:00:00Z"
R, P, J, W = State.RESERVED, State.PUBLISHED, State.REJECTED, State.WITHDRAWN
SEED = Row(AT, "T-EXEC-002", P, "openclaw-trust:Indirect Prompt Injection", title="Indirect Prompt Injection")
HELD = Row(AT, "T-EXEC-003", R, "triage/order-in-log", 12, "maintainer-a")
PUBLIC = replace(HELD, state=P, title="A log gives orders")
GIVEN_UP = replace(HELD, state=J, reason="closed")
GONE = Row(AT, "T-EXEC-003", W, by="maintainer-a", reason="not-a-threat", note="The log is never read.")


def ledger(*rows: Row) -> Ledger:
    return Ledger().extended(rows)


@pytest.mark.parametrize(
    "text", ["T-EXEC-003", "T-RECON-999", "T-IMPACT-1000", "ACME-T-EXEC-001", "AB-T-DISC-123456789"]
)
def test_an_id_is_read_and_written_alike(text: str) -> None:
    assert str(parse_id(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "", "T-EXEC-3", "T-EXEC-000", "T-EXEC-0003", "T-EXEC-XXX", "t-exec-003", "T-EXEC-003 ", "T-EXEC-003\n",
        "T-OTHER-003", "A-T-EXEC-003", "ABCDEFGHI-T-EXEC-003", "-T-EXEC-003", "T-EXEC-٣٣٣", "T-EXEC-1234567890",
        "T-EXEC-003-T-EXEC-003",
    ],
)  # fmt: skip
def test_what_is_no_id(text: str) -> None:
    assert parse_id(text) is None


def test_ids_are_sorted_as_numbers() -> None:
    ids = [parse_id(text) for text in ("T-EXEC-1000", "T-EXEC-999", "T-EXEC-002", "ACME-T-EXEC-001")]
    assert sorted(filter(None, ids)) == [
        ThreatId("", "EXEC", 2), ThreatId("", "EXEC", 999), ThreatId("", "EXEC", 1000), ThreatId("ACME", "EXEC", 1)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("Orders in a log", "Orders in a log"), ("=1+1", "1+1"), ("@all -- +x", "all -- +x"), ("a\nb\r\tc", "a b c"),
        ("  a  \u00a0 b ", "a b"), ("\u202eevil", "evil"), ("a\x00b", "a b"),
        ("\x1b[31mred", "[31mred"), ("", ""), (" =- ", ""),
    ],
)  # fmt: skip
def test_a_text_becomes_one_plain_line(sent: str, kept: str) -> None:
    assert plain(sent) == kept
    assert plain(kept) == kept


def test_a_ledger_is_read_as_it_was_written() -> None:
    odd = replace(SEED, title='A "quoted", comma', subject="openclaw-trust:Ünïcode, and more")
    whole = ledger(odd, HELD, GIVEN_UP, HELD, PUBLIC, GONE)
    assert read(write(whole)) == whole
    assert [row.seq for row in whole.rows] == [1, 2, 3, 4, 5, 6]


def test_the_text_of_a_ledger_is_the_beginning_of_every_later_one() -> None:
    grown, texts = Ledger(), [write(Ledger())]
    for row in (SEED, HELD, GIVEN_UP, HELD, PUBLIC, GONE):
        grown = grown.extended([row])
        texts.append(write(grown))
    assert all(extends(older, newer) for older, newer in pairwise(texts))
    assert not extends(texts[-1], texts[-2])


def test_a_new_row_is_never_dated_before_the_row_above() -> None:
    late = replace(HELD, at="2026-11-20T08:00:00Z")
    assert ledger(SEED, late).rows[-1].at == AT


def lines(*rows: Row) -> list[str]:
    return write(ledger(*rows)).splitlines()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "ends each line"),
        ("\n", "names the columns"),
        ("seq,at\n", "names the columns"),
        (write(Ledger()).rstrip("\n"), "ends each line"),
        (write(Ledger()).replace("\n", "\r\n"), "ends each line"),
        (write(Ledger()) + "1,2\n", "2 fields"),
        (write(Ledger()) + '"1\n', "no CSV"),
        (write(Ledger()) + "\n", "0 fields"),
        (write(ledger(SEED)).replace("PUBLISHED", "PUBLIC"), "no state"),
        (write(ledger(SEED)).replace("\n1,", "\nx,"), "no number"),
        (write(ledger(SEED)).replace("\n1,", "\n2,"), "numbered 2"),
        (write(ledger(SEED)).replace("\n1,", "\n01,"), "no number"),
        (write(ledger(SEED)).replace("T-EXEC-002", '"T-EXEC-002"'), "by hand"),
        (write(ledger(SEED, HELD)).replace(",12,", ",0,"), "no number"),
        ("\n".join([*lines(SEED, HELD)[:1], *lines(SEED, HELD)[2:], ""]), "numbered 2"),
        (write(ledger(SEED)) + "x" * 200_000 + "\n", "no CSV"),
    ],
)
def test_a_text_that_is_no_ledger_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(LedgerError, match=reason):
        read(text)


def test_a_row_before_the_row_above_is_refused() -> None:
    text = write(ledger(SEED, HELD)).replace(f"2,{AT}", "2,2026-11-20T08:59:59Z")
    with pytest.raises(LedgerError, match="before the row above"):
        read(text)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        # form
        ([replace(HELD, id="T-EXEC-0003")], "no threat id"),
        ([replace(HELD, at="2026-13-01T00:00:00Z")], "no moment"),
        ([replace(HELD, at="2026-11-20T09:00Z")], "no moment"),
        ([replace(HELD, by="=cmd")], "spreadsheet"),
        ([replace(HELD, by="a\nb")], "spreadsheet"),
        ([replace(SEED, title="+1")], "spreadsheet"),
        ([replace(HELD, subject="triage")], "no subject"),
        ([replace(HELD, subject="Triage/key")], "no subject"),
        ([replace(HELD, subject="triage/key/more")], "no subject"),
        ([replace(HELD, subject="")], "no subject"),
        # fields
        ([replace(HELD, title="A title")], "title"),
        ([replace(SEED, title="")], "title"),
        ([replace(HELD, note="A note")], "note"),
        ([replace(HELD, reason="closed")], "no reason"),
        ([HELD, replace(GIVEN_UP, reason="")], "no reason"),
        ([HELD, replace(GIVEN_UP, reason="legal")], "no reason"),
        ([replace(HELD, superseded_by="T-EXEC-002")], "superseded_by"),
        ([HELD, replace(GIVEN_UP, reason="same-as", superseded_by="T-EXEC-003")], "what follows"),
        ([HELD, replace(GIVEN_UP, reason="same-as", superseded_by="that one")], "what follows"),
        ([HELD, PUBLIC, replace(GONE, note="")], "note"),
        ([HELD, PUBLIC, replace(GONE, reason="closed")], "no reason"),
        ([HELD, PUBLIC, replace(GONE, subject="triage/order-in-log")], "neither subject"),
        ([HELD, PUBLIC, replace(GONE, pull_request=12)], "neither subject"),
        # reserving
        ([replace(HELD, id="T-EXEC-004")], "next number is 3"),
        ([replace(HELD, id="T-EXEC-001")], "next number is 3"),
        ([HELD, HELD], "RESERVED already"),
        ([HELD, PUBLIC, HELD], "PUBLISHED already"),
        ([HELD, GIVEN_UP, replace(HELD, pull_request=13)], "id is REJECTED"),
        ([HELD, GIVEN_UP, replace(HELD, subject="triage/other")], "id is REJECTED"),
        ([HELD, PUBLIC, GONE, replace(HELD, pull_request=13)], "id is WITHDRAWN"),
        (
            [HELD, PUBLIC, replace(HELD, pull_request=13), replace(GIVEN_UP, pull_request=13), GONE,
             replace(HELD, pull_request=13)],
            "id is WITHDRAWN",
        ),
        # publishing
        ([replace(PUBLIC)], "reserved before"),
        ([HELD, replace(SEED, id="T-EXEC-004", subject="openclaw-trust:Another")], "reserved before"),
        ([replace(PUBLIC, subject="restored:T-EXEC-003")], "reserved before"),
        ([HELD, PUBLIC, PUBLIC], "published already"),
        ([HELD, PUBLIC, replace(PUBLIC, id="T-EXEC-002")], "published as T-EXEC-003"),
        ([HELD, PUBLIC, GONE, PUBLIC], "withdrawn"),
        ([HELD, GIVEN_UP, replace(PUBLIC, subject="triage/other")], "another subject"),
        # rejecting and withdrawing
        ([replace(GIVEN_UP, id="T-EXEC-002")], "only a reservation"),
        ([HELD, PUBLIC, GIVEN_UP], "only a reservation"),
        ([HELD, GIVEN_UP, GIVEN_UP], "only a reservation"),
        ([HELD, replace(GIVEN_UP, pull_request=13)], "only a reservation"),
        ([HELD, GONE], "only a published"),
        ([GONE], "only a published"),
        ([HELD, PUBLIC, GONE, GONE], "only a published"),
    ],
)  # fmt: skip
def test_a_row_that_may_not_follow_is_refused_with_the_reason(rows: list[Row], reason: str) -> None:
    *fine, last = rows
    before = ledger(SEED, *fine)
    with pytest.raises(LedgerError, match=reason):
        before.extended([last])


def test_an_id_has_the_strongest_state_of_its_bindings() -> None:
    other = replace(HELD, subject="mail/order-in-log", pull_request=13)
    assert ledger(SEED).state("T-EXEC-003") is None
    assert ledger(SEED, HELD).state("T-EXEC-003") is R
    assert ledger(SEED, HELD, GIVEN_UP).state("T-EXEC-003") is J
    assert ledger(SEED, HELD, other, GIVEN_UP).state("T-EXEC-003") is R
    assert ledger(SEED, HELD, other, PUBLIC, replace(other, state=J, reason="closed")).state("T-EXEC-003") is P
    assert ledger(SEED, HELD, other, PUBLIC, GONE).state("T-EXEC-003") is W


def test_find_answers_the_published_id_first_then_what_this_pull_request_holds_or_held() -> None:
    subject = HELD.subject
    other = replace(HELD, id="T-EXEC-004", pull_request=13)
    assert ledger(SEED).find(subject, 12) is None
    assert ledger(SEED, HELD).find(subject, 12) == "T-EXEC-003"
    assert ledger(SEED, HELD).find(subject, 13) is None
    assert ledger(SEED, HELD, GIVEN_UP).find(subject, 12) == "T-EXEC-003"
    assert ledger(SEED, HELD, other).find(subject, 13) == "T-EXEC-004"
    assert ledger(SEED, HELD, other, PUBLIC).find(subject, 13) == "T-EXEC-003"
    assert ledger(SEED, HELD, PUBLIC, GONE).find(subject, 12) is None


def test_the_successor_of_a_withdrawn_id_stands_at_the_end_of_the_line() -> None:
    second = replace(HELD, id="T-EXEC-004", subject="triage/second")
    third = replace(HELD, id="T-EXEC-005", subject="triage/third")
    public = [replace(row, state=P, title="A title") for row in (second, third)]
    first_ends = replace(GONE, reason="superseded", superseded_by="T-EXEC-004")
    second_ends = replace(GONE, id="T-EXEC-004", reason="superseded", superseded_by="T-EXEC-005")
    whole = ledger(SEED, HELD, PUBLIC, second, third, *public, first_ends, second_ends)
    assert whole.successor("T-EXEC-003") == "T-EXEC-005"
    assert whole.successor("T-EXEC-005") is None
    assert whole.succeeding(HELD.subject) == "T-EXEC-005"
    in_a_circle = whole.extended([replace(GONE, id="T-EXEC-005", reason="superseded", superseded_by="T-EXEC-003")])
    assert in_a_circle.successor("T-EXEC-003") is None


def test_numbers_go_on_after_the_highest_ever_born() -> None:
    assert ledger().next_number("", "DISC") == 1
    assert ledger(SEED).next_number("", "EXEC") == 3
    assert ledger(SEED).next_number("ACME", "EXEC") == 1
    assert ledger(SEED, HELD, GIVEN_UP).next_number("", "EXEC") == 4
    restored = Row(AT, "T-EXEC-999", R, "restored:T-EXEC-999", 40)
    lost = ledger(SEED, restored, replace(restored, state=J, reason="restored"))
    assert lost.extended([replace(HELD, id="T-EXEC-1000")]).ids[-1] == "T-EXEC-1000"
