"""`threatshelf check` as its users meet it: a process with arguments, output and an exit code."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

THREATSHELF = Path(sys.executable).with_name("threatshelf")
GOOD = Path(__file__).parents[1] / "data" / "story.yaml"


def run(*arguments: object, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [THREATSHELF, *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    file = tmp_path / "template.yaml"
    text = GOOD.read_text(encoding="utf-8")
    file.write_text(text.replace("status: draft", "status: drafd", 1), encoding="utf-8")
    return file


def test_a_good_template_says_so_and_exits_with_0() -> None:
    result = run("check", GOOD)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == f"{GOOD}: nothing to mend\n"


def test_a_finding_shows_the_line_with_a_caret_the_rule_and_the_way_to_its_page(broken: Path) -> None:
    result = run("check", broken)
    lines = result.stdout.splitlines()
    number = 1 + broken.read_text(encoding="utf-8").splitlines().index("status: drafd")
    assert result.returncode == 1
    assert lines[0] == f"{broken}:{number}:9: error structure"
    assert lines[1] == f"  {number} | status: drafd"
    assert lines[2].endswith(" |         ^^^^^")
    assert lines[2].index("|") == lines[1].index("|")
    assert "Did you mean `draft`?" in lines[3]
    assert lines[4].strip().endswith("/reference/rules/structure/")
    assert lines[-1] == "1 error."


def test_json_carries_the_same_finding_for_machines(broken: Path) -> None:
    result = run("check", "--format", "json", broken)
    (finding,) = json.loads(result.stdout)["findings"]
    assert result.returncode == 1
    assert (finding["rule"], finding["severity"], finding["path"]) == ("structure", "error", "/status")
    assert (finding["column"], finding["end_column"]) == (9, 14)


def test_a_folder_means_every_template_below_it(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / "templates" / name).mkdir(parents=True)
        (tmp_path / "templates" / name / "template.yaml").write_bytes(GOOD.read_bytes())
    result = run("check", "--format", "json", cwd=tmp_path)
    findings = json.loads(result.stdout)["findings"]
    assert [(f["rule"], f["file"]) for f in findings] == [
        ("folder-is-id", "templates/one/template.yaml"),
        ("folder-is-id", "templates/two/template.yaml"),
    ]


@pytest.mark.parametrize("path", ["nowhere.yaml", "empty"])
def test_nothing_to_check_is_one_sentence_and_exit_code_2(tmp_path: Path, path: str) -> None:
    (tmp_path / "empty").mkdir()
    result = run("check", path, cwd=tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("threatshelf: there is no ")
    assert result.stderr.count("\n") == 1


def test_a_warning_fails_only_when_asked_to(tmp_path: Path) -> None:
    file = tmp_path / "template.yaml"
    text = GOOD.read_text(encoding="utf-8").replace("    if_wrong: Nothing in this model holds.\n", "", 1)
    file.write_text(text, encoding="utf-8")
    assert run("check", file).returncode == 0
    assert run("check", "--strict", file).returncode == 1


def test_a_hostile_file_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    file = tmp_path / "template.yaml"
    file.write_bytes(b'title: "\x1b]0;owned\x07"\n\xe2\x80\xae: x\n')
    result = run("check", file)
    assert result.returncode == 1
    assert "\x1b" not in result.stdout
    assert "\u202e" not in result.stdout
    assert "hidden-characters" in result.stdout


def on_a_terminal(*arguments: object, **environment: str) -> str:
    """What the command writes when its output is a terminal."""
    ours, theirs = os.openpty()
    try:
        subprocess.run(
            [THREATSHELF, *map(str, arguments)], stdout=theirs, env={**os.environ, **environment}, check=False
        )
        return os.read(ours, 65_536).decode()
    finally:
        os.close(theirs)
        os.close(ours)


def test_colour_is_for_terminals_that_want_it(broken: Path) -> None:
    assert "\x1b[1;31merror" in on_a_terminal("check", broken, TERM="xterm", NO_COLOR="")
    assert "\x1b" not in on_a_terminal("check", broken, TERM="xterm", NO_COLOR="1")
    assert "\x1b" not in on_a_terminal("check", broken, TERM="dumb", NO_COLOR="")


@pytest.mark.parametrize("command", ["check", "serve", "publish", "export", "site"])
def test_every_command_explains_itself_with_an_example(command: str) -> None:
    result = run(command, "--help")
    assert result.returncode == 0
    assert f"example: threatshelf {command}" in result.stdout


def test_checking_does_not_load_the_server() -> None:
    """A linter in a pre-commit hook must start fast: the web framework, the database and the site stay unread."""
    code = (
        "import sys; from registry.cli import main; main(['check', sys.argv[1]]);"
        "print([m for m in ('fastapi', 'sqlalchemy', 'mkdocs', 'pygraphviz') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code, str(GOOD)], capture_output=True, text=True, check=True)
    assert result.stdout.splitlines()[-1] == "[]"


def test_the_ledger_of_the_checkout_is_asked(two_templates: Any) -> None:
    file = two_templates.root / "templates" / "desk-assistant" / "template.yaml"
    assert "id-" not in run("check", file).stdout
    file.write_text(file.read_text().replace("T-EXEC-002", "T-EXEC-777"))
    assert "`T-EXEC-777` was never assigned" in run("check", file).stdout
    two_templates.git("update-ref", "-d", "refs/heads/threat-ids")
    assert "The ledger of threat ids could not be reached" in run("check", file).stdout


def test_a_ledger_that_is_none_is_one_sentence_and_exit_code_2(two_templates: Any) -> None:
    two_templates.write_ledger("seq,\x1b[31m\n")
    result = run("check", two_templates.root / "templates")
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert "the ledger of threat ids in heads/threat-ids cannot be read" in result.stderr
    assert "\x1b" not in result.stderr
