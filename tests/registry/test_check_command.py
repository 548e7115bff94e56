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


def test_a_sentence_in_two_templates_is_found_in_both_when_both_are_looked_at(tmp_path: Path) -> None:
    copied = (
        "open_questions:\n  - Who looks at what the agent wrote\n    after the last of its readers has gone home?\n"
    )
    for name in ("one", "two"):
        (tmp_path / "templates" / name).mkdir(parents=True)
        (tmp_path / "templates" / name / "template.yaml").write_text(f"id: {name}\n{copied}")

    both = json.loads(run("check", "--format", "json", cwd=tmp_path).stdout)["findings"]
    alone = json.loads(run("check", "--format", "json", "templates/one", cwd=tmp_path).stdout)["findings"]

    found = [(f["file"], f["line"], "`two`" in f["message"]) for f in both if f["rule"] == "prose-own"]
    assert found == [("templates/one/template.yaml", 3, True), ("templates/two/template.yaml", 3, False)]
    assert "prose-own" not in {f["rule"] for f in alone}


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


@pytest.mark.parametrize("command", ["check", "explain", "serve", "publish", "export", "site"])
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


def test_what_is_published_is_known_with_and_without_a_memory(two_templates: Any, text: Any, tmp_path: Path) -> None:
    """The past is judged once and remembered; a memory that was damaged, or that there cannot be, changes nothing."""
    two_templates.write("mail-sorter", text("mail-sorter", title="Another title"))
    file = two_templates.root / "templates" / "mail-sorter" / "template.yaml"
    memory = tmp_path / "cache"

    def said(place: Path) -> list[str]:
        result = run("check", "--format", "json", file, XDG_CACHE_HOME=str(place))
        return [finding["rule"] for finding in json.loads(result.stdout)["findings"]]

    first = said(memory)
    assert "version-raised" in first
    kept = [entry for entry in memory.rglob("*") if entry.is_file()]
    assert kept
    assert said(memory) == first
    for entry in kept:
        entry.write_text(entry.read_text(encoding="utf-8")[:-9], encoding="utf-8")
    assert said(memory) == first
    assert said(file) == first, "where a file stands nothing can be kept"


def test_many_files_are_told_in_the_order_in_which_they_were_named(tmp_path: Path) -> None:
    text = GOOD.read_text(encoding="utf-8")
    files = [tmp_path / f"{number}.yaml" for number in range(40)]
    for number, file in enumerate(files):
        file.write_text(text.replace("status: draft", f"status: drafd{number}", 1), encoding="utf-8")
    result = run("check", "--format", "json", *reversed(files))
    found = [(finding["file"], finding["message"].split("`")[1]) for finding in json.loads(result.stdout)["findings"]]
    assert found == [(str(file), f"drafd{number}") for number, file in reversed(list(enumerate(files)))]
    told = run("check", *files)
    assert told.stdout.count("error structure") == 40
    assert (told.returncode, told.stderr, told.stdout.splitlines()[-1]) == (1, "", "40 errors.")


def test_a_ledger_that_is_none_is_one_sentence_and_exit_code_2(two_templates: Any) -> None:
    two_templates.write_ledger("seq,\x1b[31m\n")
    result = run("check", two_templates.root / "templates")
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert "the ledger of threat ids in heads/threat-ids cannot be read" in result.stderr
    assert "\x1b" not in result.stderr


def test_sarif_is_a_log_with_the_finding_its_fix_and_our_version(broken: Path) -> None:
    result = run("check", "--format", "sarif", broken)
    log = json.loads(result.stdout)
    (found,) = log["runs"][0]["results"]
    assert result.returncode == 1
    assert log["version"] == "2.1.0"
    assert log["runs"][0]["tool"]["driver"]["semanticVersion"]
    assert (found["ruleId"], found["level"]) == ("structure", "error")
    assert found["fixes"][0]["artifactChanges"][0]["replacements"][0]["insertedContent"] == {"text": "draft"}


def test_github_gets_an_annotation_and_a_log_without_commands(broken: Path) -> None:
    lines = run("check", "--format", "github", broken).stdout.splitlines()
    assert lines[0].startswith(f"::error file={broken},line=")
    assert lines[1].startswith("::stop-commands::")
    assert lines[-1] == f"::{lines[1].removeprefix('::stop-commands::')}::"
    assert lines[-2] == "1 error."


def test_the_log_guard_is_another_each_time(broken: Path) -> None:
    first, second = (run("check", "--format", "github", broken).stdout.splitlines()[-1] for _ in range(2))
    assert first != second


def test_fix_mends_the_file_and_keeps_its_mode_and_every_other_byte(broken: Path) -> None:
    source = broken.read_bytes().replace(b"\n", b"\r\n")
    broken.write_bytes(source)
    broken.chmod(0o640)
    result = run("check", "--fix", broken)
    assert (result.returncode, result.stdout) == (0, f"{broken}: nothing to mend\n")
    assert result.stderr.endswith(": mended structure\n")
    assert broken.read_bytes() == source.replace(b"drafd", b"draft")
    assert broken.stat().st_mode & 0o777 == 0o640
    assert [file.name for file in broken.parent.iterdir()] == ["template.yaml"]


def test_fix_says_what_is_left(broken: Path) -> None:
    broken.write_text(broken.read_text() + "nonsense: true\n")
    result = run("check", "--fix", "--format", "json", broken)
    assert result.returncode == 1
    assert [finding["path"] for finding in json.loads(result.stdout)["findings"]] == ["/nonsense"]
    assert "status: draft\n" in broken.read_text()


def test_fix_leaves_a_good_file_untouched() -> None:
    before = GOOD.stat()
    assert run("check", "--fix", GOOD).returncode == 0
    assert (GOOD.stat().st_ino, GOOD.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_fix_refuses_a_link_before_anything_is_written(broken: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.yaml"
    link.symlink_to(broken)
    other = tmp_path / "other.yaml"
    other.write_bytes(broken.read_bytes())
    result = run("check", "--fix", other, link)
    assert (result.returncode, result.stdout) == (2, "")
    assert "is a symbolic link" in result.stderr
    assert link.is_symlink()
    assert "drafd" in broken.read_text()
    assert "drafd" in other.read_text()


def test_diff_shows_a_patch_that_git_applies_and_changes_nothing(broken: Path) -> None:
    source = broken.read_bytes()
    result = run("check", "--diff", "template.yaml", cwd=broken.parent, GITHUB_ACTIONS="")
    assert result.returncode == 1
    assert broken.read_bytes() == source
    assert "\n-status: drafd\n+status: draft\n" in result.stdout
    subprocess.run(["git", "apply"], cwd=broken.parent, input=result.stdout, text=True, check=True)
    assert broken.read_bytes() == source.replace(b"drafd", b"draft")


def test_diff_of_a_last_line_without_line_break_is_a_patch_too(broken: Path) -> None:
    source = broken.read_bytes().replace(b"status: drafd\n", b"", 1) + b"status: drafd"
    broken.write_bytes(source)
    result = run("check", "--diff", "template.yaml", cwd=broken.parent, GITHUB_ACTIONS="")
    subprocess.run(["git", "apply"], cwd=broken.parent, input=result.stdout, text=True, check=True)
    assert broken.read_bytes() == source.replace(b"drafd", b"draft")


def test_diff_of_a_good_file_is_empty() -> None:
    result = run("check", "--diff", GOOD)
    assert (result.returncode, result.stdout) == (0, "")


def test_diff_in_a_workflow_is_guarded(broken: Path) -> None:
    broken.write_text(broken.read_text().replace("status: drafd", "status: drafd\n# ::warning::x", 1))
    lines = run("check", "--diff", broken, GITHUB_ACTIONS="true").stdout.splitlines()
    assert lines[0].startswith("::stop-commands::")
    assert lines[-1] == f"::{lines[0].removeprefix('::stop-commands::')}::"


def test_diff_on_a_terminal_obeys_nobody(broken: Path) -> None:
    broken.write_bytes(broken.read_bytes().replace(b"status: drafd", b"status: drafd # \x1b[31m", 1))
    shown = on_a_terminal("check", "--diff", broken, TERM="xterm", GITHUB_ACTIONS="")
    assert "\x1b" not in shown
    assert "<U+001B>" in shown


def test_a_file_named_twice_is_mended_once(broken: Path) -> None:
    result = run("check", "--fix", broken, broken)
    assert (result.returncode, result.stderr.count("mended")) == (0, 1)


def test_fix_and_diff_exclude_each_other(broken: Path) -> None:
    assert run("check", "--fix", "--diff", broken).returncode == 2
    assert "drafd" in broken.read_text()


def test_a_file_name_that_is_no_text_breaks_no_format(tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff.yaml")
    (tmp_path / name).write_text("status: x\n")
    for form in ("text", "json", "sarif", "github"):
        result = run("check", "--format", form, name, cwd=tmp_path)
        assert (result.returncode, result.stderr) == (1, "")
