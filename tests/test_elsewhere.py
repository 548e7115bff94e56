"""What other repositories and editors take from this one: the action, the hooks, the schema's comment."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
STORY = ROOT / "tests" / "data" / "story.yaml"
BIN = Path(sys.executable).parent


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """Another repository, with a good template and one that has an error and stands in a folder with a blank."""
    good, bad = tmp_path / "models" / "good", tmp_path / "more models" / "bad"
    for folder in (good, bad):
        folder.mkdir(parents=True)
    shutil.copy(STORY, good / "template.yaml")
    text = STORY.read_text("utf-8").replace("status: draft", "status: drafd", 1)
    (bad / "template.yaml").write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def action(tmp_path: Path) -> Path:
    """The action's folder as the runner checks it out, its environment ready."""
    folder = tmp_path / "action"
    (folder / ".venv").mkdir(parents=True)
    (folder / ".venv" / "bin").symlink_to(BIN)
    return folder


def step(name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in ACTION["runs"]["steps"] if one["name"] == name)
    return found


def run_check(where: Path, action: Path, paths: str, strict: str = "false") -> subprocess.CompletedProcess[str]:
    """The step's own words under the shell that the runner uses for `shell: bash`."""
    environment = {**os.environ, "GITHUB_ACTION_PATH": str(action), "PATHS": paths, "STRICT": strict}
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step("Check")["run"]],
        cwd=where,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_action_is_silent_on_a_good_template(elsewhere: Path, action: Path) -> None:
    done = run_check(elsewhere, action, "models")
    assert (done.returncode, done.stderr) == (0, "")
    assert "::error" not in done.stdout


def test_the_action_annotates_each_error_at_its_line_and_fails(elsewhere: Path, action: Path) -> None:
    done = run_check(elsewhere, action, "models\nmore models\n\n")
    line = 1 + STORY.read_text("utf-8").splitlines().index("status: draft")
    assert done.returncode == 1
    assert re.search(rf"^::error file=more models/bad/template\.yaml,line={line}\b", done.stdout, re.MULTILINE)
    assert done.stdout.count("::error") == 1


@pytest.mark.parametrize("paths", ["--help", "$(touch hacked)", "models; touch hacked", "`touch hacked`"])
def test_a_path_is_a_path_whatever_it_says(elsewhere: Path, action: Path, paths: str) -> None:
    done = run_check(elsewhere, action, paths)
    assert done.returncode == 2
    assert "there is no file" in done.stderr
    assert not (elsewhere / "hacked").exists()


def test_strict_makes_a_warning_fail(elsewhere: Path, action: Path) -> None:
    file = elsewhere / "models" / "good" / "template.yaml"
    text = file.read_text("utf-8").replace("status: draft", "status: candidate", 1)
    file.write_text(re.sub(r"(?ms)^attack_chains:.*?(?=^[a-z])", "", text), encoding="utf-8")
    assert run_check(elsewhere, action, "models").returncode == 0
    assert run_check(elsewhere, action, "models", "true").returncode == 1


def test_the_action_installs_what_the_lock_file_of_its_commit_says() -> None:
    assert step("Install")["run"] == 'make -C "$GITHUB_ACTION_PATH" .venv/.ready'
    told = subprocess.run(
        ["make", "--dry-run", "--always-make", "-C", ROOT, ".venv/.ready"], capture_output=True, text=True, check=True
    )
    assert "--require-hashes -r requirements-uv.txt" in told.stdout
    assert "--require-hashes --python .venv/bin/python requirements-dev.txt" in told.stdout


def test_the_action_pins_what_it_uses_as_our_own_workflows_do() -> None:
    ours = (ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8")
    used = [line.strip() for line in (ROOT / "action.yml").read_text("utf-8").splitlines() if "uses:" in line]
    assert used
    assert all(line in ours and re.search(r"@[0-9a-f]{40} # v", line) for line in used)
    assert all("${{" not in one.get("run", "") for one in ACTION["runs"]["steps"])


def test_zizmor_finds_nothing_in_the_action() -> None:
    done = subprocess.run(
        [BIN / "zizmor", "--offline", "--persona", "auditor", "--quiet", ROOT / "action.yml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def entry(hook: str) -> list[str]:
    found = next(one for one in HOOKS if one["id"] == hook)
    program, *arguments = shlex.split(found["entry"])
    return [str(BIN / program), *arguments]


def test_a_hook_runs_on_templates_and_nothing_else() -> None:
    for hook in HOOKS:
        assert set(hook) == {"id", "name", "description", "entry", "language", "files", "require_serial"}
        assert re.search(hook["files"], "template.yaml")
        assert re.search(hook["files"], "templates/x/template.yaml")
        assert not re.search(hook["files"], "templates/x/my-template.yaml")
        assert not re.search(hook["files"], "templates/x/template.yaml.orig")


def test_the_check_hook_stops_a_commit_with_an_error(elsewhere: Path) -> None:
    files = [str(file.relative_to(elsewhere)) for file in sorted(elsewhere.rglob("template.yaml"))]
    done = subprocess.run(
        [*entry("threatshelf-check"), *files], cwd=elsewhere, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "Did you mean `draft`?" in done.stdout


def test_the_layout_hook_changes_the_file_which_stops_the_commit_by_itself(elsewhere: Path) -> None:
    file = elsewhere / "models" / "good" / "template.yaml"
    text = file.read_text("utf-8")
    title = next(line for line in text.splitlines(keepends=True) if line.startswith("title:"))
    file.write_text(text.replace(title, "", 1) + title, encoding="utf-8")
    for _ in range(2):  # the second time there is nothing left to change
        before = file.read_text("utf-8")
        done = subprocess.run([*entry("threatshelf-fmt"), str(file)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    assert before == file.read_text("utf-8")
    assert before.index(title) < before.index("summary:")


@pytest.mark.parametrize("file", sorted(ROOT.glob("templates/*/template.yaml")), ids=lambda file: file.parent.name)
def test_an_editor_finds_the_schema_by_the_first_line_of_a_template(file: Path) -> None:
    first = file.read_text("utf-8").partition("\n")[0]
    found = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
    assert found
    assert (file.parent / found[1]).resolve() == ROOT / "schema" / "v1" / "template.schema.json"


def properties(node: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every property anywhere in a schema, by name."""
    if isinstance(node, dict):
        yield from node.get("properties", {}).items()
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from properties(inner)


def test_an_editor_can_explain_every_field_and_complete_every_list_of_words() -> None:
    schema = json.loads((ROOT / "schema" / "v1" / "template.schema.json").read_text("utf-8"))
    every = list(properties(schema))
    assert len(every) > 100
    assert [name for name, node in every if not node.get("description")] == []
    listed = {name for name, node in every if "enum" in node or "enum" in node.get("items", {})}
    assert {"status", "category", "kind"} <= listed
