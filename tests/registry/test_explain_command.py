"""`threatshelf explain` as its users meet it."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bot.checks import CHECKS
from schema.rules import RULES

THREATSHELF = Path(sys.executable).with_name("threatshelf")
ROOT = Path(__file__).resolve().parents[2]


def explain(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [THREATSHELF, "explain", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


def test_a_rule_is_explained_with_what_why_fix_an_example_and_its_page() -> None:
    result = explain("reference-exists")
    lines = result.stdout.splitlines()
    assert (result.returncode, result.stderr) == (0, "")
    assert lines[:2] == ["reference-exists: error, since 1.0", "Every key that is mentioned exists."]
    headings = [line for line in lines[2:] if line and not line.startswith(" ")]
    assert headings[:-1] == ["What", "Why", "Fix", "It finds", "It is silent on"]
    assert headings[-1].endswith("/reference/rules/reference-exists/")
    assert "    - {from: gateway, to: shell-tools, carries: commands}" in "\n".join(lines)
    assert "# expect" not in result.stdout


def test_outside_a_checkout_there_is_no_example(tmp_path: Path) -> None:
    result = explain("reference-exists", cwd=tmp_path)
    assert result.returncode == 0
    assert "It finds" not in result.stdout
    assert "Fix" in result.stdout


def test_without_a_name_every_rule_and_every_check_of_the_reviewer_is_listed() -> None:
    lines = re.sub(r"\n {12,}", " ", explain().stdout).splitlines()  # a long title goes on below itself
    for rule in (*RULES, *CHECKS):
        (line,) = [line for line in lines if line.split()[1:2] == [rule.name]]
        assert line.split()[0] == rule.severity
        assert line.endswith(rule.title)


@pytest.mark.parametrize("name", [*(rule.name for rule in RULES[:2]), CHECKS[0].name])
def test_a_machine_gets_the_same_parts(name: str) -> None:
    told = json.loads(explain(name, "--format", "json").stdout)
    assert told["name"] == name
    assert all(told[part] for part in ("severity", "subject", "title", "since", "what", "why", "fix", "page"))


def test_the_list_for_machines_has_every_rule_once() -> None:
    told = json.loads(explain("--format", "json").stdout)["rules"]
    assert [rule["name"] for rule in told] == [rule.name for rule in (*RULES, *CHECKS)]
    assert {rule["subject"] for rule in told} == {"template", "pull request"}


def test_an_unknown_rule_is_one_sentence_with_near_names_and_exit_code_2() -> None:
    result = explain("reference_exist")
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert "there is no rule reference_exist: did you mean reference-exists" in result.stderr


def test_a_name_cannot_write_to_the_terminal_or_leave_the_room() -> None:
    result = explain("../\x1b]0;owned\x07")
    assert (result.returncode, result.stdout) == (2, "")
    assert "\x1b" not in result.stderr
