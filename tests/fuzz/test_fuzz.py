"""A short walk of the fuzzer through every door, the same one every time."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fuzzing.doors import DOORS

RUNS = 1_500
"""Files for each door, the seeds among them."""


@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris exists for Python 3.11 on Linux only")
@pytest.mark.parametrize("door", DOORS)
def test_nothing_that_the_fuzzer_makes_breaks_the_door(door: str, tmp_path: Path) -> None:
    here = Path(__file__).parent
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "fuzzing",
            door,
            tmp_path / "corpus",
            f"-runs={RUNS}",
            "-seed=1",
            f"-artifact_prefix={tmp_path}/",
        ],
        env={**os.environ, "PYTHONPATH": str(here), "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3_000:]
    assert f"Done {RUNS} runs" in done.stderr
