"""Workers of a GitHub App: from a delivery to the gate, side by side, killed, stopped, and resumed by others."""

import signal
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from appshelf import REPOSITORY, AppShelf, AtWrite, is_write, kill
from bot.reviewer import Outcome
from bot.visits import ALL_OPEN, SWEEP
from bot.worker import LEASE, SPREAD, SWEEP_EVERY, turn, work
from github_fake import faults
from github_fake.faults import Fault
from github_fake.handles import PullHandle
from github_fake.wire import Request
from registry.store.visits import KeptVisits, open_visits
from shelf import CONTENT, PEOPLE, STORY, Shelf, faulty, story


@pytest.fixture
def ours(shelf: Shelf, tmp_path: Path) -> Iterator[AppShelf]:
    """A registry whose App is told everything."""
    made = AppShelf(shelf, tmp_path)
    made.listens()
    yield made
    made.visits.close()


def gates(shelf: Shelf, pull: PullHandle) -> dict[str, str | None]:
    """What the newest check run of each name says on the head."""
    runs = sorted(shelf.repository.state.check_runs, key=lambda run: run.id)
    return {run.name: run.conclusion or run.status for run in runs if run.sha == pull.head}


def everything(shelf: Shelf, pull: PullHandle) -> tuple[object, ...]:
    """What people see of a pull request, without numbers that differ from one to the next."""
    said = [len(shelf.said(pull)), Counter(comment.user.login for comment in pull.comments)]
    rows = [(row.state, row.subject) for row in shelf.ledger.rows if row.pull_request == pull.number]
    reactions = [sorted(r.content for r in comment.reactions) for comment in pull.comments]
    return (*said, sorted(pull.labels), gates(shelf, pull), rows, reactions, len(pull.reviews))


def test_from_a_delivery_to_the_gate(ours: AppShelf, shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: faulty()})

    assert ours.settled() == 1

    assert gates(shelf, pull)[CONTENT] == "failure"
    assert len(shelf.said(pull)) == 1
    assert ours.settled() == 0


def test_rights_suffice_and_no_token_has_more(ours: AppShelf, shelf: Shelf) -> None:
    pull = shelf.from_branch({STORY: story()})
    ours.settled()
    pull.comment("/assess", by=shelf.maintainer)
    ours.settled()
    pull.approve(by=shelf.maintainer)
    ours.settled()

    refused = [call for call in shelf.github.calls if call.status in (401, 403)]
    assert refused == []
    assert Outcome.FAILED not in {line.outcome for line in shelf.log}
    held = [token.rights for token in shelf.github.hub.world.tokens.values() if token.kind == "installation"]
    assert held
    assert all(not (r.get("contents") == "write" and "write" in (r["issues"], r["pull_requests"])) for r in held)


def test_what_we_did_ourselves_ends_in_silence(ours: AppShelf, shelf: Shelf) -> None:
    shelf.github.hub.listeners[:] = [ours.hears(own=True)]
    pull = shelf.from_fork({STORY: faulty()})

    ours.settled()
    before = everything(shelf, pull)
    assert ours.settled() == 0
    assert everything(shelf, pull) == before


def test_two_workers_and_many_pull_requests(ours: AppShelf, shelf: Shelf) -> None:
    pulls = [shelf.from_branch({STORY: faulty()}, f"add-{index}") for index in range(6)]
    others = open_visits(ours.database)

    with ThreadPoolExecutor(2) as pool:
        shops = [ours.shop(), ours.shop(others)]
        made = list(pool.map(ours.settled, shops))
    others.close()

    assert sum(made) == len(pulls)
    for pull in pulls:
        assert (gates(shelf, pull)[CONTENT], len(shelf.said(pull))) == ("failure", 1)


def test_events_in_mid_visit_bring_one_more_visit(ours: AppShelf, shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: faulty()})
    push = AtWrite("meanwhile", number=2, happens=lambda: ours.visits.mark(REPOSITORY, pull.number, ours.now))
    shelf.github.faults._armed.append(push)

    assert ours.settled() == 2
    assert len(shelf.said(pull)) == 1


# Killed, stopped, overtaken


def assessed(shelf: Shelf, branch: str) -> PullHandle:
    """A pull request for which ids are to be reserved: a visit with every kind of write."""
    pull = shelf.from_branch({STORY: f"{story()}# {branch}\n"}, branch)
    pull.comment("/assess", by=shelf.maintainer)
    pull.comment("/help", by=shelf.newcomer)
    return pull


class Counting(Fault):
    """Counts writes, and lets them be."""

    seen = 0

    def hits(self, request: Request) -> bool:
        """Never."""
        self.seen += is_write(request)
        return False


def test_killed_between_any_two_steps_another_one_goes_on(ours: AppShelf, shelf: Shelf) -> None:
    assessed(shelf, "the-first-defines-labels")
    ours.settled()
    counting = Counting("late")
    shelf.github.faults._armed.append(counting)
    untouched = assessed(shelf, "untouched")
    ours.settled()
    expected, writes = everything(shelf, untouched), counting.seen
    assert writes >= 8

    for number in range(1, writes + 1):
        shelf.github.faults.clear()
        ours.catches_up()
        pull = assessed(shelf, f"killed-{number}")
        process = ours.process()
        shelf.github.faults._armed.append(
            AtWrite("late-cut", number=number, happens=lambda process=process: kill(process))
        )
        said, _ = process.communicate(timeout=60)
        assert process.returncode == -signal.SIGKILL, f"write {number} of {writes}: {said.decode()}"

        assert ours.settled() == 0, "its lease has not run out"
        assert ours.resumed() >= 1
        found = everything(shelf, pull)
        assert (found[0], *found[2:]) == (expected[0], *expected[2:]), f"killed after write {number}"
    numbers = [row.id for row in shelf.ledger.rows if row.subject]
    assert len(set(numbers)) == len(numbers)


def test_told_to_stop_it_gives_back_what_it_has(ours: AppShelf, shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: faulty()})
    process = ours.process()
    shelf.github.faults._armed.append(AtWrite("late", number=2, happens=lambda: process.send_signal(signal.SIGTERM)))

    said, _ = process.communicate(timeout=60)

    assert process.returncode == 0, said.decode()
    assert '"put off"' in said.decode()
    ours.catches_up()
    assert ours.settled() >= 1, "nobody has to wait for the lease to run out"
    assert (gates(shelf, pull)[CONTENT], len(shelf.said(pull))) == ("failure", 1)


def test_who_was_overtaken_writes_nothing_more(ours: AppShelf, shelf: Shelf) -> None:
    shelf.from_fork({STORY: faulty()})
    others = open_visits(ours.database)
    counting = Counting("late")

    def overtaken() -> None:
        assert others.take(ours.now + LEASE + 1, LEASE) is not None
        shelf.github.faults._armed.append(counting)

    shelf.github.faults._armed.append(AtWrite("meanwhile", number=2, happens=overtaken))

    assert turn(ours.shop())

    assert counting.seen == 1, "the one that was under way"
    assert ours.lines("visit")[-1].outcome is Outcome.PUT_OFF
    assert ours.visits.take(ours.now, LEASE) is None, "the other one has it"
    others.close()


def test_a_token_that_runs_out_in_mid_visit_is_renewed(ours: AppShelf, shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: faulty()})

    def expire() -> None:
        for token in shelf.github.hub.world.tokens.values():
            token.revoked = token.revoked or token.kind == "installation"

    shelf.github.faults._armed.append(AtWrite("meanwhile", number=3, happens=expire))

    assert ours.settled() == 1

    assert ours.lines("visit")[-1].outcome is Outcome.FINISHED
    assert (gates(shelf, pull)[CONTENT], len(shelf.said(pull))) == ("failure", 1)
    assert [call for call in shelf.github.calls if call.status == 401], "it did run out"


def test_what_fails_is_tried_again_later_and_later(ours: AppShelf, shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: faulty()})
    shelf.github.faults.add(faults.error(403, "Resource not accessible"), "POST", "*/comments", times=3)
    shop = ours.shop()
    waited = []

    for _ in range(3):
        assert turn(shop)
        assert not turn(shop)
        began = ours.now
        while not ours.visits.waiting(ours.now).count:
            ours.now += 10
        waited.append(ours.now - began)

    assert waited == [30, 60, 120]
    assert turn(shop)
    assert len(shelf.said(pull)) == 1
    assert ours.visits.take(ours.now + 10**6, LEASE) is None


# Everything


def test_a_push_to_main_looks_at_everything_in_turn(ours: AppShelf, shelf: Shelf) -> None:
    pulls = [shelf.from_branch({STORY: faulty()}, f"add-{index}") for index in range(3)]
    ours.settled()
    shelf.repository.commit({"README.md": "# Another\n"}, "Another")

    assert ours.settled() == 2, "the list, and the first of them"
    ours.now += 2 * SPREAD
    assert ours.settled() == 2
    visited = [line.number for line in ours.lines("visit")][-3:]
    assert sorted(visited) == [pull.number for pull in pulls]


def test_a_sweep_finds_what_no_delivery_told(ours: AppShelf, shelf: Shelf) -> None:
    shelf.github.hub.listeners.clear()
    pull = shelf.from_fork({STORY: faulty()})
    assert ours.settled() == 0

    ours.visits.expect(REPOSITORY, SWEEP, ours.now)
    assert ours.settled() == 2

    assert gates(shelf, pull)[CONTENT] == "failure"
    assert ours.visits.take(ours.now + SWEEP_EVERY - 1, LEASE) is None
    again = ours.visits.take(ours.now + SWEEP_EVERY, LEASE)
    assert again is not None
    assert again.number == SWEEP


def test_a_database_that_is_away_for_a_moment_ends_nothing(ours: AppShelf, shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: faulty()})

    class Away(KeptVisits):
        """Fails once."""

        failures = 1

        def take(self, at: float, seconds: float):  # type: ignore[no-untyped-def]  # as the one above it
            """After one failure."""
            if self.failures:
                self.failures -= 1
                raise ConnectionError("away")
            return super().take(at, seconds)

    away = Away(open_visits(ours.database)._engine)
    calls = iter(range(1000))
    shop = replace(ours.shop(away), stopping=lambda: gates(shelf, pull).get(PEOPLE) is not None and next(calls) > 40)

    work(shop)

    assert gates(shelf, pull)[CONTENT] == "failure"
    assert "away" in ours.lines("visit")[0].detail
    away.close()


def test_an_idle_worker_stops_when_told(ours: AppShelf) -> None:
    process = ours.process()
    assert process.stdout
    ours.visits.mark(REPOSITORY, ALL_OPEN, ours.now)
    while ours.visits.waiting(ours.now).count:  # it runs once it has taken what is due
        assert process.poll() is None, process.stdout.read()
    process.send_signal(signal.SIGTERM)

    process.communicate(timeout=30)
    assert process.returncode == 0


def test_a_worker_does_not_speak_where_actions_does(ours: AppShelf) -> None:
    (ours.root / ".github" / "threatshelf.yml").write_text("bot: actions\n", encoding="utf-8")
    process = ours.process()

    said, _ = process.communicate(timeout=30)

    assert process.returncode == 2
    assert "bot: app" in said.decode()
