"""Appending to the ledger: races are run again, lost answers found again, refusals told from races."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from bot.ledger import BusyError, Memory, NoLedgerError, Patience, RefusedError, ShorterLedgerError, append, checked
from schema.ids import Ledger, LedgerError, Row, read, write
from schema.transitions import Cause, Wish, reserved, seeded

BY = Cause("2026-11-20T09:00:00Z", "maintainer-a", 12)
LOG = Wish("triage/order-in-log", "EXEC")


def seeds() -> Ledger:
    return Ledger().extended(seeded({"T-EXEC-001": "One", "T-EXEC-002": "Two"}, "openclaw-trust", BY))


def wants(ledger: Ledger) -> tuple[Row, ...]:
    return reserved(ledger, [LOG], BY)


def other(number: int) -> Callable[[str], str]:
    """Somebody else reserves a number in the same category."""

    def grow(text: str) -> str:
        ledger = read(text)
        return write(ledger.extended(reserved(ledger, [Wish(f"mail/k{number}", "EXEC")], BY.of(13))))

    return grow


@dataclass
class Kept:
    """A store in memory, where each replace meets what was prepared for it: fine, lost, refused, or a faster writer."""

    text: str
    meets: list[Any] = field(default_factory=list)
    writes: int = 0
    version: int = 0
    where: str = "the branch threat-ids of memory"

    def read(self) -> tuple[str, str]:
        return self.text, str(self.version)

    def replace(self, token: str, text: str) -> bool:
        self.writes += 1
        met = self.meets.pop(0) if self.meets else "fine"
        if callable(met):
            self.put(met(self.text))
        if met == "refused" or token != str(self.version):
            return False
        self.put(text)
        return bool(met == "fine")

    def put(self, text: str) -> None:
        self.text, self.version = text, self.version + 1


def test_all_rows_of_a_visit_are_one_append(patience: Patience) -> None:
    store = Kept(write(seeds()))
    wishes = [Wish(f"triage/k{number}", "EXEC") for number in range(60)]
    ledger = append(store, lambda rows: reserved(rows, wishes, BY), patience)
    assert (len(ledger.rows), store.writes) == (62, 1)
    assert read(store.text) == ledger


def test_what_stands_already_is_not_written_again(patience: Patience, waited: Any) -> None:
    store = Kept(write(seeds()))
    first = append(store, wants, patience)
    assert append(store, wants, patience) == first
    assert (store.writes, waited.pauses) == (1, 0)


def test_a_lost_race_is_run_again_on_the_new_state(patience: Patience, waited: Any) -> None:
    store = Kept(write(seeds()), [other(1), other(2), other(3)])
    ledger = append(store, wants, patience)
    assert ledger.find(LOG.subject, 12) == "T-EXEC-006"
    assert (store.writes, waited.pauses) == (4, 3)


def test_an_answer_that_got_lost_after_the_write_is_no_second_number(patience: Patience) -> None:
    store = Kept(write(seeds()), ["lost"])
    ledger = append(store, wants, patience)
    assert (ledger.find(LOG.subject, 12), store.writes) == ("T-EXEC-003", 1)


def test_an_answer_that_got_lost_is_found_even_below_the_rows_of_others(patience: Patience) -> None:
    store = Kept(write(seeds()), ["lost"])
    calls: list[int] = []

    def blindly(ledger: Ledger) -> tuple[Row, ...]:
        """Asks for a row whatever stands; only the text can tell that it was written."""
        calls.append(len(ledger.rows))
        return reserved(ledger, [Wish(f"triage/k{len(calls)}", "EXEC")], BY)

    original = store.read

    def read_after_others() -> tuple[str, str]:
        if store.writes:
            store.put(other(7)(store.text))
        return original()

    store.read = read_after_others  # type: ignore[method-assign]  # a store in which others write before each read
    ledger = append(store, blindly, patience)
    assert calls == [2]
    assert len(ledger.rows) == 4


def test_a_refusal_that_is_no_race_names_the_right_and_the_rule(patience: Patience) -> None:
    store = Kept(write(seeds()), ["refused"] * 10)
    with pytest.raises(RefusedError, match=r"the branch threat-ids of memory .* right to write .* rule"):
        append(store, wants, patience)
    assert store.text == write(seeds())
    assert store.writes <= 3


def test_one_refusal_in_a_busy_moment_is_tried_again(patience: Patience) -> None:
    store = Kept(write(seeds()), ["refused", "refused"])
    assert append(store, wants, patience).find(LOG.subject, 12) == "T-EXEC-003"


def test_nobody_tries_for_ever(patience: Patience, waited: Any) -> None:
    store = Kept(write(seeds()), [other(number) for number in range(1000)])
    with pytest.raises(BusyError, match="try again later"):
        append(store, wants, patience)
    assert 60 <= waited.now <= 66


@pytest.mark.parametrize("memory", [Memory(rows=3), Memory(text=write(seeds()) + "3,"), Memory(text="seq,at\n")])
def test_a_ledger_that_does_not_continue_what_is_remembered_is_not_appended_to(
    patience: Patience, memory: Memory
) -> None:
    store = Kept(write(seeds()))
    with pytest.raises(ShorterLedgerError, match="longest copy"):
        append(store, wants, patience, memory)
    assert store.writes == 0


def test_a_ledger_that_continues_what_is_remembered_is_fine() -> None:
    grown = write(seeds().extended(wants(seeds())))
    assert len(checked(grown, Memory(rows=2, text=write(seeds()))).rows) == 3


def test_a_ledger_edited_in_the_middle_stops_every_append(patience: Patience) -> None:
    store = Kept(write(seeds().extended(wants(seeds()))).replace("T-EXEC-002", "T-EXEC-009"))
    with pytest.raises(LedgerError):
        append(store, wants, patience)
    assert store.writes == 0


def test_a_ledger_of_more_than_a_mebibyte_is_appended_to(patience: Patience) -> None:
    titles = {f"T-EXEC-{number:03d}": f"A title of some length that says number {number}" for number in range(1, 8001)}
    big = Ledger().extended(seeded(titles, "openclaw-trust", BY))
    store = Kept(write(big))
    assert len(store.text) > 1_048_576
    assert append(store, wants, patience).find(LOG.subject, 12) == "T-EXEC-8001"


def test_a_missing_ledger_is_never_made_up(patience: Patience) -> None:
    class Nothing(Kept):
        def read(self) -> tuple[str, str]:
            raise NoLedgerError("there is none")

    store = Nothing("")
    with pytest.raises(NoLedgerError):
        append(store, wants, patience)
    assert store.writes == 0
