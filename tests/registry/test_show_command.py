"""`threatshelf show` as its users meet it: a process with arguments, output and an exit code."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from registry.exports import svg

THREATSHELF = Path(sys.executable).with_name("threatshelf")
FORMS, READINGS = ("svg", "dot", "mermaid"), ("as-it-comes", "as-advised")
CODING = Path(__file__).parents[2] / "templates" / "local-coding-assistant" / "template.yaml"


def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [THREATSHELF, "show", *map(str, arguments)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def on_a_terminal(*arguments: object, **environment: str) -> bytes:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [THREATSHELF, "show", *map(str, arguments)],
        env={**os.environ, "TERM": "xterm", **environment},
        stdin=subprocess.DEVNULL,
        stdout=theirs,
    ):
        os.close(theirs)
        said = b""
        while more := _read(ours):
            said += more
    os.close(ours)
    return said


def _read(end: int) -> bytes:
    try:
        return os.read(end, 65536)
    except OSError:  # the other end is closed
        return b""


@pytest.mark.parametrize(
    ("view", "line"),
    [
        (["--taint"], "└─ worktree  on clone"),
        (["--blast", "mcp-server"], "   1  gateway      runs as `developer` where `mcp-server` does"),
        (["--coverage"], "gateway         ● ● ● ● ● ●       6       0     0"),
        (["--risk"], "5 certain                  ·      ·      ·      ·    1→0"),
    ],
)
def test_each_view_of_the_real_template_is_plain_text(view: list[str], line: str) -> None:
    result = run(CODING, *view)
    assert (result.returncode, result.stderr) == (0, "")
    assert line in result.stdout.splitlines()
    assert "\x1b" not in result.stdout


def test_both_readings_are_shown_unless_one_is_asked_for() -> None:
    both, one = run(CODING, "--taint"), run(CODING, "--taint", "--reading", "as-advised")
    assert both.stdout.endswith(one.stdout)
    assert both.stdout.count("Taint, as it comes") == 1
    assert "as it comes" not in one.stdout


def test_lines_fit_the_terminal_and_are_whole_where_there_is_none() -> None:
    for view in (["--taint"], ["--blast", "mcp-server"], ["--coverage"], ["--risk"]):
        narrow, whole = run(CODING, *view, COLUMNS="80").stdout, run(CODING, *view, COLUMNS="").stdout
        assert max(map(len, narrow.splitlines())) <= 80
        assert narrow.replace("│", " ").split() == whole.replace("│", " ").split()
    assert max(map(len, whole.splitlines())) > 80


def test_the_way_to_an_element_is_drawn_in_three_forms() -> None:
    if reason := svg.available():
        pytest.skip(reason)
    drawn = {form: run(CODING, "--taint", "--to", "exec-tool", "--format", form).stdout for form in FORMS}
    assert "The way of untrusted data to exec-tool" in drawn["svg"]
    assert ">step 1</text>" in drawn["svg"]
    assert "step 1" in drawn["dot"]
    assert [line for line in drawn["mermaid"].splitlines() if line.startswith("class ")] == [
        "class n1,n2,n9,n14 marked"
    ]
    assert "starts here, held" in run(CODING, "--blast", "sandbox", "--format", "dot").stdout


def test_a_picture_is_in_the_reading_asked_for() -> None:
    comes, advised = (run(CODING, "--taint", "--reading", r, "--format", "dot").stdout for r in READINGS)
    assert "as it comes" in comes
    assert "as advised" in advised
    assert comes != advised


def test_what_cannot_be_drawn_is_said() -> None:
    table = run(CODING, "--risk", "--format", "svg")
    assert (table.returncode, table.stdout) == (2, "")
    assert "--format svg draws --taint or --blast" in table.stderr
    stray = run(CODING, "--risk", "--to", "sandbox")
    assert (stray.returncode, stray.stdout) == (2, "")
    assert "--to goes with --taint" in stray.stderr
    assert "no element nowhere. It has: developer" in run(CODING, "--taint", "--to", "nowhere").stderr


def test_an_external_steers_and_anything_else_is_held_unless_said_otherwise() -> None:
    assert run(CODING, "--blast", "repo-origin").stdout.startswith("Blast radius of repo-origin steered")
    assert run(CODING, "--blast", "sandbox").stdout.startswith("Blast radius of sandbox held")
    assert run(CODING, "--blast", "mcp-publisher", "--start", "hold").stdout.count("nothing checks what arrives") == 2


@pytest.mark.parametrize("view", ["taint", "blast", "coverage", "risk"])
def test_json_says_of_what_and_holds_the_view(view: str) -> None:
    result = run(CODING, f"--{view}", *(["sandbox"] if view == "blast" else []), "--format", "json")
    said = json.loads(result.stdout)
    assert result.returncode == 0
    assert said["template"] == "local-coding-assistant"
    assert said[view]


def test_colour_is_for_terminals_that_want_it() -> None:
    assert b"\x1b[1;31m" in on_a_terminal(CODING, "--risk")
    assert b"\x1b" not in on_a_terminal(CODING, "--risk", NO_COLOR="1")
    assert b"\x1b" not in on_a_terminal(CODING, "--risk", TERM="dumb")


def test_an_unknown_element_is_answered_with_those_there_are() -> None:
    result = run(CODING, "--blast", "nowhere")
    assert (result.returncode, result.stdout) == (2, "")
    assert "the diagram has no element nowhere. It has: developer, repo-origin, " in result.stderr


def test_a_file_that_is_not_there_or_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    missing = run(tmp_path / "none.yaml", "--risk")
    assert (missing.returncode, missing.stdout) == (2, "")
    assert "cannot be read" in missing.stderr
    broken = tmp_path / "broken.yaml"
    broken.write_text("title: [", encoding="utf-8")
    result = run(broken, "--risk")
    assert (result.returncode, result.stdout) == (2, "")
    assert f"{broken}:1:" in result.stderr
    assert "Traceback" not in result.stderr


def test_an_unfinished_template_is_shown_as_far_as_it_goes(tmp_path: Path) -> None:
    file = tmp_path / "template.yaml"
    file.write_text("threats: [{key: worst, title: All is lost, risk: {likelihood: 5, impact: 5}}]", encoding="utf-8")
    result = run(file, "--risk")
    assert result.returncode == 0
    assert " 25 Critical → -         worst  unsolved       All is lost" in result.stdout.splitlines()
    assert "run threatshelf check" in result.stderr


@pytest.mark.parametrize("text", ["", "[a, b]", "7", "diagram: 7", "diagram: {elements: [7, {}], flows: [{from: 7}]}"])
def test_what_is_no_template_has_an_answer_and_no_traceback(tmp_path: Path, text: str) -> None:
    file = tmp_path / "template.yaml"
    file.write_text(text, encoding="utf-8")
    for view in ("--taint", "--coverage", "--risk"):
        result = run(file, view)
        assert result.returncode in (0, 2)
        assert result.stderr
        assert "Traceback" not in result.stderr


def test_nothing_a_caller_or_a_file_says_is_obeyed_by_the_terminal(tmp_path: Path) -> None:
    asked = run(CODING, "--blast", "\x1b[31m")
    assert "no element <U+001B>[31m." in asked.stderr
    file = tmp_path / "template.yaml"
    file.write_text('threats: [{key: k, title: "a\\u202eb"}]', encoding="utf-8")
    result = run(file, "--risk")
    assert "\u202e" not in result.stdout + result.stderr


def test_without_a_view_it_says_what_there_is() -> None:
    result = run(CODING)
    assert result.returncode == 2
    assert "--taint --blast --coverage --risk" in result.stderr
