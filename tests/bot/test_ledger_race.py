"""Eight processes at once, each with a clone of its own, all appending to one ledger over real git."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from schema.ids import State, read

WRITERS = 8
SUBJECTS = 100
WRITER = """
import json, random, sys, time
from pathlib import Path
from bot.clone import Clone
from bot.ledger import CloneLedger, Patience, append
from schema.transitions import Cause, Wish, reserved

root, subjects, size, pull, environment = sys.argv[1], *map(json.loads, sys.argv[2:])
store = CloneLedger(Clone(Path(root), "origin", environment))
patience = Patience(time.sleep, time.monotonic, random.random, limit=600)
cause = Cause("2026-11-20T09:00:00Z", "maintainer-a", pull)
tries = []
for at in range(0, len(subjects), size):
    wishes = [Wish(subject, "EXEC") for subject in subjects[at : at + size]]
    calls = []
    def compute(ledger):
        calls.append(1)
        return reserved(ledger, wishes, cause)
    ledger = append(store, compute, patience)
    tries.append(len(calls))
print(json.dumps({"ids": {subject: ledger.find(subject, pull) for subject in subjects}, "tries": tries}))
"""


def start(place: Any, number: int, subjects: list[str], size: int, pull: int) -> "subprocess.Popen[str]":
    root: Path = place.another(f"writer-{number}")
    given = [json.dumps(value) for value in (subjects, size, pull, dict(place.clone.environment))]
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(root), *given],
        stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip


def answers(writers: "list[subprocess.Popen[str]]") -> list[dict[str, Any]]:
    said = [writer.communicate()[0] for writer in writers]
    assert [writer.returncode for writer in writers] == [0] * len(writers)
    found = [json.loads(text) for text in said]
    print("tries per append:", sorted(tries for answer in found for tries in answer["tries"])[::-1][:5])
    return found


@pytest.mark.slow
def test_who_asks_for_the_same_subjects_gets_the_same_ids(begun: Any) -> None:
    subjects = [f"triage/threat-{number}" for number in range(SUBJECTS)]
    orders = [subjects[at:] + subjects[:at] for at in range(0, SUBJECTS, SUBJECTS // WRITERS)][:WRITERS]
    found = answers([start(begun, number, order, 5, 12) for number, order in enumerate(orders)])
    assert all(answer["ids"] == found[0]["ids"] for answer in found)
    assert len(set(found[0]["ids"].values())) == SUBJECTS
    ledger = read(begun.ledger.read()[0])
    assert len(ledger.rows) == 2 + SUBJECTS


@pytest.mark.slow
def test_who_asks_for_own_subjects_gets_own_ids(begun: Any) -> None:
    own = [[f"triage/threat-{writer}-{number}" for number in range(SUBJECTS)] for writer in range(WRITERS)]
    found = answers([start(begun, number, subjects, 10, 12 + number) for number, subjects in enumerate(own)])
    ids = [threat_id for answer in found for threat_id in answer["ids"].values()]
    assert len(set(ids)) == len(ids) == WRITERS * SUBJECTS
    ledger = read(begun.ledger.read()[0])
    assert [row.seq for row in ledger.rows if row.state is State.RESERVED] == list(range(3, 803))


@pytest.mark.slow
def test_one_row_each_is_as_safe_as_many_at_once(begun: Any) -> None:
    own = [[f"triage/threat-{writer}-{number}" for number in range(5)] for writer in range(WRITERS)]
    found = answers([start(begun, number, subjects, 1, 12 + number) for number, subjects in enumerate(own)])
    ids = {threat_id for answer in found for threat_id in answer["ids"].values()}
    assert len(ids) == WRITERS * 5
