"""A file as large as a template may be, made to hurt, costs little memory and is looked at in steps that stay few."""

import cProfile
import subprocess
import sys
from pathlib import Path

import pytest

from fuzzing.doors import NAME, known
from fuzzing.worst import WORST
from schema.check import MOST_FINDINGS, check
from schema.document import MOST_BYTES

MOST_MEMORY = 256
"""MiB that the whole process of a check may take."""

MEASURE = """
import os, subprocess, sys
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, used = os.wait4(process.pid, 0)
print(os.waitstatus_to_exitcode(status), used.ru_maxrss // 1024)
"""
"""Run by a process that is small itself: what a program is started from counts as its memory."""


@pytest.mark.parametrize("habit", WORST)
def test_a_mebibyte_costs_no_more_memory_than_a_small_machine_has(habit: str, tmp_path: Path) -> None:
    file = tmp_path / NAME
    file.write_bytes(WORST[habit](MOST_BYTES))
    command = [Path(sys.executable).with_name("threatshelf"), "check", file]
    measured = subprocess.run(
        [sys.executable, "-S", "-c", MEASURE, *command], capture_output=True, text=True, check=True
    )
    code, memory = map(int, measured.stdout.split())
    assert code in (0, 1)
    assert memory <= MOST_MEMORY


@pytest.mark.parametrize("habit", WORST)
def test_twice_the_file_is_looked_at_in_no_more_than_about_twice_the_steps(habit: str) -> None:
    once, twice = _calls(WORST[habit](1 << 16)), _calls(WORST[habit](1 << 17))
    assert twice <= 2.6 * once


def _calls(source: bytes) -> int:
    """Calls of functions, our own and built-in ones: the same number every time, on every machine."""
    known()
    profile = cProfile.Profile()
    profile.runcall(check, source, NAME, known())
    return sum(entry.callcount for entry in profile.getstats())


def test_of_very_many_findings_the_first_are_told_and_the_file_is_not_in_order() -> None:
    checked = check(WORST["unknown-fields"](1 << 16), NAME, known())
    assert len(checked.findings) == MOST_FINDINGS + 1
    assert "too-large" in {finding.rule for finding in checked.findings}
    assert not checked.ok
