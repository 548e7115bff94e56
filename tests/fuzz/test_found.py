"""What once broke a door, and what fuzzing begins with, goes through every door."""

from pathlib import Path

import pytest

from fuzzing.doors import DOORS
from fuzzing.seeds import found
from registry.cli import main


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("file", found(), ids=lambda file: file.name)
def test_what_was_found_breaks_no_door_again(file: Path, door: str) -> None:
    DOORS[door](file.read_bytes())


@pytest.mark.parametrize("file", found(), ids=lambda file: file.name)
def test_every_command_has_an_answer_to_what_was_found(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "template.yaml"
    copy.write_bytes(file.read_bytes())
    main(["check", str(copy)])
    lines = file.read_bytes().count(b"\n") + 1
    first = next(line for line in capsys.readouterr().out.splitlines() if line.startswith(f"{copy}:"))
    assert 1 <= int(first.removeprefix(f"{copy}:").split(":")[0]) <= lines
    commands = (
        ["diff", str(copy), str(copy)],
        ["show", str(copy), "--taint"],
        ["fmt", str(copy)],
        ["fmt", "--check", str(copy)],
    )
    assert [main(command) for command in commands] == [0, 0, 0, 0]
    assert main(["check", "--fix", str(copy)]) in (0, 1)
