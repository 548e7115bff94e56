"""Whatever several pull requests do, in whichever order: no number twice, none lost, nothing rewritten."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from schema.ids import Ledger, Row, State, extends, parse_id, read, write
from schema.transitions import (
    Cause,
    Standing,
    Wish,
    Withdrawal,
    closed,
    dropped,
    duplicates,
    published,
    recategorised,
    renamed,
    reserved,
    same_as,
    seeded,
    settled,
    settled_id,
    withdrawn,
)

SEEDS = {"T-EXEC-001": "Direct Prompt Injection", "T-DISC-001": "Tool Enumeration"}
NUMBERS = st.sampled_from([None, 11, 12, 13])
PULLS = st.sampled_from([11, 12, 13])
SUBJECTS = st.sampled_from(
    [f"{template}/{key}" for template in ("triage", "mail") for key in ("order", "loop", "leak")]
)
CATEGORIES = st.sampled_from(["EXEC", "DISC"])
IDS = st.sampled_from([f"T-{letters}-{number:03d}" for letters in ("EXEC", "DISC") for number in range(1, 9)])


class Life(RuleBasedStateMachine):
    """A registry, seen from its ledger."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0
        self.main: dict[str, str] = {}
        self.ledger = Ledger().extended(seeded(SEEDS, "openclaw-trust", self.cause(None)))
        self.texts = [write(self.ledger)]
        self.meaning: dict[str, frozenset[str]] = {}

    def cause(self, pull_request: int | None) -> Cause:
        self.now += 1
        return Cause(f"2026-11-20T09:{self.now // 60 % 60:02d}:{self.now % 60:02d}Z", "maintainer-a", pull_request)

    def add(self, rows: tuple[Row, ...]) -> None:
        self.ledger = self.ledger.extended(rows)
        self.texts.append(write(self.ledger))

    @rule(pull=NUMBERS, subject=SUBJECTS, category=CATEGORIES)
    def reserve(self, pull: int | None, subject: str, category: str) -> None:
        wish = [Wish(subject, category)]
        self.add(reserved(self.ledger, wish, self.cause(pull)))
        found = self.ledger.find(subject, pull)
        assert found is not None
        assert reserved(self.ledger, wish, self.cause(pull)) == ()
        assert self.ledger.find(subject, pull) == found

    @rule(pull=PULLS, subject=SUBJECTS, threat_id=IDS)
    def say_same(self, pull: int, subject: str, threat_id: str) -> None:
        self.add(same_as(self.ledger, threat_id, subject, self.cause(pull)))
        assert same_as(self.ledger, threat_id, subject, self.cause(pull)) == ()

    @rule(pull=PULLS, subject=SUBJECTS, category=CATEGORIES)
    def recategorise(self, pull: int, subject: str, category: str) -> None:
        self.add(recategorised(self.ledger, [Wish(subject, category)], self.cause(pull)))

    @rule(pull=PULLS, old=SUBJECTS, new=SUBJECTS)
    def rename(self, pull: int, old: str, new: str) -> None:
        self.add(renamed(self.ledger, {old: new}, self.cause(pull)))

    @rule(pull=PULLS)
    def close(self, pull: int) -> None:
        self.add(closed(self.ledger, self.standing(), (), self.cause(pull)))

    @rule(pull=PULLS)
    def drop(self, pull: int) -> None:
        self.add(dropped(self.ledger, self.main, self.cause(pull)))

    @rule(pull=PULLS, subject=SUBJECTS, category=CATEGORIES)
    def merge(self, pull: int, subject: str, category: str) -> None:
        if subject in self.main:
            return
        self.add(settled(self.ledger, [Wish(subject, category)], {pull}, self.cause(None)))
        threat_id = settled_id(self.ledger, subject, {pull})
        assert threat_id is not None
        self.main[subject] = threat_id
        self.learn()

    @rule(subject=SUBJECTS, threat_id=IDS)
    def land_by_hand(self, subject: str, threat_id: str) -> None:
        self.main.setdefault(subject, threat_id)
        self.learn()

    @rule(subject=SUBJECTS)
    def take_out(self, subject: str) -> None:
        self.main.pop(subject, None)

    @rule(threat_id=IDS, successor=IDS)
    def withdraw(self, threat_id: str, successor: str) -> None:
        end = Withdrawal(threat_id, "superseded", "Told elsewhere.", successor if successor != threat_id else "")
        self.add(withdrawn(self.ledger, end, self.cause(None)))

    def standing(self) -> tuple[Standing, ...]:
        return tuple(Standing(subject, threat_id, "A title") for subject, threat_id in self.main.items())

    def learn(self) -> None:
        self.add(published(self.ledger, self.standing(), self.cause(None)))
        self.add(duplicates(self.ledger, self.cause(None)))
        assert published(self.ledger, self.standing(), self.cause(None)) == ()
        assert duplicates(self.ledger, self.cause(None)) == ()

    @invariant()
    def nothing_is_rewritten(self) -> None:
        assert all(extends(older, self.texts[-1]) for older in self.texts[-3:])
        assert read(self.texts[-1]) == self.ledger

    @invariant()
    def no_number_is_born_twice_or_left_out(self) -> None:
        for category in ("EXEC", "DISC"):
            parts = [parse_id(threat_id) for threat_id in self.ledger.ids]
            born = [part.number for part in parts if part and part.category == category]
            assert born == list(range(1, len(born) + 1))

    @invariant()
    def a_subject_has_one_published_id_and_a_pull_request_one_number_for_it(self) -> None:
        held = [(row.subject, row.pull_request) for row in self.ledger.bindings.values() if row.state is State.RESERVED]
        for subject, _ in held:
            in_force = [row for row in self.ledger.reserved_for(subject) if row.pull_request is not None]
            assert len({row.pull_request for row in in_force}) == len(in_force)

    @invariant()
    def what_is_withdrawn_stays_so(self) -> None:
        assert all(self.ledger.state(threat_id) is State.WITHDRAWN for threat_id in self.ledger.withdrawn)
        assert not {self.ledger.published(subject) for subject in self.main} & set(self.ledger.withdrawn)


Life.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestLife = Life.TestCase
