"""fmt, diff, new and preview as an author meets them: processes with arguments, a terminal, a port and exit codes."""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from registry.cli import COMMANDS

THREATSHELF = Path(sys.executable).with_name("threatshelf")
STORY = Path(__file__).parents[1] / "data" / "story.yaml"
PAGE = "/catalog/preview/"


def run(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [THREATSHELF, *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def piped(given: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([THREATSHELF, *map(str, arguments)], input=given, capture_output=True, text=True, check=False)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    found = tmp_path / "template.yaml"
    found.write_text("# on top\nid: story\nschema_version: '1.0'  # quoted\n", encoding="utf-8")
    return found


def test_fmt_writes_the_layout_once_and_keeps_the_rights_of_the_file(file: Path) -> None:
    file.chmod(0o640)
    first = run("fmt", file)
    assert (first.returncode, first.stdout, first.stderr) == (0, f"{file}: laid out\n", "")
    assert file.read_text() == "# on top\nschema_version: '1.0'  # quoted\nid: story\n"
    assert file.stat().st_mode & 0o777 == 0o640
    second = run("fmt", file)
    assert (second.returncode, second.stdout) == (0, "")
    assert [found.name for found in file.parent.iterdir()] == ["template.yaml"]


def test_fmt_check_and_diff_write_nothing_and_exit_with_1(file: Path) -> None:
    before = file.read_bytes()
    assert (run("fmt", "--check", file).returncode, run("fmt", "--check", file).stdout) == (
        1,
        f"{file}: would change\n",
    )
    shown = run("fmt", "--diff", file)
    assert shown.returncode == 1
    assert "+schema_version: '1.0'  # quoted\n id: story\n" in shown.stdout
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("id: &a x\n", "is an anchor"),
        ("---\nid: x\n", "line 1 holds `---`, which cannot be kept"),
        ("- x\n", "no list of `key: value` lines"),
    ],
)
def test_fmt_leaves_what_it_cannot_keep_and_says_why(file: Path, text: str, sentence: str) -> None:
    file.write_text(text)
    done = run("fmt", file)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert sentence in done.stderr
    assert file.read_text() == text


def test_fmt_does_not_follow_a_link(file: Path) -> None:
    link = file.with_name("link.yaml")
    link.symlink_to(file)
    done = run("fmt", link)
    assert (done.returncode, link.is_symlink()) == (2, True)
    assert "is a symbolic link" in done.stderr


@pytest.fixture
def edited(tmp_path: Path) -> Path:
    found = tmp_path / "edited.yaml"
    text = STORY.read_text(encoding="utf-8")
    found.write_text(text.replace("likelihood: 4, impact: 2", "likelihood: 5, impact: 5"), encoding="utf-8")
    return found


def test_diff_tells_what_changed_and_which_version_that_asks_for(edited: Path) -> None:
    done = run("diff", STORY, edited)
    assert done.returncode == 1
    assert "  ~ title-orders  A pull request's title gives the agent orders\n" in done.stdout
    assert "      risk: Medium (4 x 2) → Critical (5 x 5)\n" in done.stdout
    assert re.search(r"^Critical +0 → 1", done.stdout, re.MULTILINE)
    assert done.stdout.endswith("0.1.0 → 0.2.0:\nsomething was added, or judged anew.\n")


def test_diff_of_the_same_file_says_so_and_exits_with_0() -> None:
    done = run("diff", STORY, STORY)
    assert (done.returncode, done.stdout.splitlines()[1:]) == (0, ["The same: nothing of a threat model differs."])


def test_diff_speaks_json(edited: Path) -> None:
    said = json.loads(run("diff", "--format", "json", STORY, edited).stdout)
    assert (said["raise"], said["next_version"]) == ("minor", "0.2.0")
    assert said["changes"][0]["details"] == [{"field": "risk", "before": "Medium (4 x 2)", "after": "Critical (5 x 5)"}]
    assert said["before"]["coverage"] == said["after"]["coverage"]


def test_diff_reads_what_git_keeps(two_templates: Any, text: Callable[..., str]) -> None:
    root, path = two_templates.root, "templates/desk-assistant/template.yaml"
    two_templates.write("desk-assistant", text(title="Another title"))
    assert "title: the text changed" in run("diff", path, cwd=root).stdout
    assert run("diff", f"HEAD:{path}", path, cwd=root).returncode == 1
    two_templates.commit()
    assert run("diff", path, cwd=root).returncode == 0
    assert "title: the text changed" in run("diff", "HEAD~1..HEAD", path, cwd=root).stdout


@pytest.mark.parametrize(
    "arguments",
    [("nowhere.yaml", "nowhere.yaml"), ("HEAD:nowhere.yaml", "README"), ("--", "-x:y", "-x:y"), ("HEAD..x", "README")],
)
def test_diff_of_what_is_not_there_is_one_sentence_and_exit_code_2(two_templates: Any, arguments: Any) -> None:
    done = run("diff", *arguments, cwd=two_templates.root)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


def test_new_writes_a_draft_with_hints_at_most(two_templates: Any) -> None:
    done = run("new", "letter-agent", "--title", 'Letters: "A" # b', "--pattern", "llm-proxy", cwd=two_templates.root)
    assert (done.returncode, done.stderr) == (0, "")
    written = two_templates.root / "templates" / "letter-agent" / "template.yaml"
    checked = json.loads(run("check", "--format", "json", written).stdout)
    assert {finding["severity"] for finding in checked["findings"]} <= {"hint"}, checked
    assert 'title: "Letters: \\"A\\" # b"' in written.read_text()
    assert "pattern: llm-proxy" in written.read_text()
    assert run("fmt", "--check", written).returncode == 0


def test_new_tells_editors_where_the_schema_is_in_a_checkout_and_elsewhere(two_templates: Any) -> None:
    root, published = two_templates.root, "https://shelf.example/schema/v1/template.schema.json"
    environment = {**os.environ, "THREATSHELF_PUBLIC_ADDRESS": "https://shelf.example/"}
    for name in ("elsewhere", "checkout"):
        done = subprocess.run(
            [THREATSHELF, "new", name, "--yes"], cwd=root, env=environment, check=False, capture_output=True
        )
        assert done.returncode == 0
        (root / "schema" / "v1").mkdir(parents=True, exist_ok=True)
        (root / "schema" / "v1" / "template.schema.json").touch()
    first = [(root / "templates" / n / "template.yaml").read_text().splitlines()[0] for n in ("elsewhere", "checkout")]
    assert first == [
        f"# yaml-language-server: $schema={published}",
        "# yaml-language-server: $schema=../../schema/v1/template.schema.json",
    ]


def test_new_overwrites_nothing(two_templates: Any) -> None:
    written = two_templates.root / "templates" / "desk-assistant" / "template.yaml"
    before = written.read_bytes()
    done = run("new", "desk-assistant", "--yes", cwd=two_templates.root)
    assert (done.returncode, done.stderr.count("\n"), written.read_bytes()) == (2, 1, before)
    assert "is there already" in done.stderr


@pytest.mark.parametrize("template_id", ["../up", "Upper", "a b", "/etc", "a/b", "x\x1b[2J", ""])
def test_new_takes_no_id_that_leaves_the_folder_or_the_form(two_templates: Any, template_id: str) -> None:
    before = sorted(two_templates.root.rglob("*.yaml"))
    done = run("new", "--yes", "--", template_id, cwd=two_templates.root)
    assert (done.returncode, sorted(two_templates.root.rglob("*.yaml"))) == (2, before)
    assert "\x1b" not in done.stderr


def test_new_asks_on_a_terminal(on_a_terminal: Callable[..., tuple[int, str]], two_templates: Any) -> None:
    answers = [
        ("Title [Letter agent]: ", "Agent for letters\n"),
        ("number [other]: ", "nonsense\n"),
        ("number [other]: ", "2\n"),
        ("Product [OpenClaw]: ", "\n"),
    ]
    code, said = on_a_terminal(answers, "new", "letter-agent", cwd=two_templates.root)
    assert (code, "That is none of them." in said) == (0, True)
    written = (two_templates.root / "templates" / "letter-agent" / "template.yaml").read_text()
    assert "title: Agent for letters\n" in written
    assert "pattern: central-policy-manager\n" in written
    assert "product: OpenClaw" in written


def test_new_writes_nothing_when_the_terminal_ends(
    on_a_terminal: Callable[..., tuple[int, str]], two_templates: Any
) -> None:
    code, said = on_a_terminal([("Title [Letter agent]: ", "\x04")], "new", "letter-agent", cwd=two_templates.root)
    assert (code, "nothing was done" in said) == (2, True)
    assert not (two_templates.root / "templates" / "letter-agent").exists()


@contextmanager
def previewed(file: Path) -> Iterator[httpx.Client]:
    process = subprocess.Popen(
        [THREATSHELF, "preview", file, "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        address = process.stdout.readline().split()[-1].removesuffix(PAGE)
        with httpx.Client(base_url=address, timeout=30) as client:
            yield client
    finally:
        process.terminate()
        process.communicate()


@pytest.fixture
def story(tmp_path: Path) -> Path:
    found = tmp_path / "template.yaml"
    found.write_bytes(STORY.read_bytes())
    return found


@pytest.mark.slow
def test_preview_shows_page_and_findings_and_follows_the_file(story: Path) -> None:
    with previewed(story) as client:
        page, stamp = client.get(PAGE).text, client.get("/stamp").text
        assert "<h1>Release notes written by an agent</h1>" in page
        assert f'data-stamp="{stamp}"' in page
        story.write_text(STORY.read_text().replace("status: draft", "status: <b>drafd", 1))
        assert client.get("/stamp").text != stamp
        broken = client.get(PAGE).text
        assert "<strong>error</strong>" in broken
        assert "status: &lt;b&gt;drafd" in broken
        assert "<h1>Release notes written by an agent</h1>" in broken  # as it was before
        story.unlink()
        assert client.get("/stamp").text == "gone"
        assert "cannot be read" in client.get(PAGE).text


@pytest.mark.slow
def test_preview_answers_this_machine_only_and_lets_nothing_else_in(story: Path) -> None:
    with previewed(story) as client:
        policy = client.get(PAGE).headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self';")
        assert client.get("/stamp", headers={"Host": "rebound.example"}).status_code == 421
        assert client.get("/assets/../../../pyproject.toml").status_code == 404
        assert client.get("/assets/%2e%2e/%2e%2e/mkdocs.yml").status_code == 404
        assert client.get("/assets/site.css").headers["Content-Type"] == "text/css"
        assert client.post("/stamp").status_code == 501
        assert client.get("/", follow_redirects=False).headers["Location"] == "/catalog/preview/"
        named = set(re.findall(r'(?:src|href)="(https?:[^"]+)" (?:defer|rel="stylesheet")', client.get(PAGE).text))
        assert named == set()


def test_a_taken_port_is_one_sentence_and_exit_code_2(story: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run("preview", story, "--port", taken.getsockname()[1])
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "is taken or not allowed" in done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_its_exit_codes_and_an_example(command: str) -> None:
    done = run(command, "--help")
    assert done.returncode == 0
    assert "\nexit code: 0: " in done.stdout
    assert "; 2: " in " ".join(done.stdout.split())
    assert "\nexample: threatshelf " in done.stdout


def test_a_slip_in_a_command_is_told_with_what_was_meant() -> None:
    done = run("chekc", "x.yaml")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "did you mean check?" in done.stderr


def test_fmt_lays_out_what_comes_in_and_says_nothing_else() -> None:
    text = "# on top\nid: story\nschema_version: '1.0'  # quoted\n"
    done = piped(text, "fmt", "-")
    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        "# on top\nschema_version: '1.0'  # quoted\nid: story\n",
        "",
    )
    again = piped(done.stdout, "fmt", "-")
    assert (again.returncode, again.stdout) == (0, done.stdout)
    assert (piped(text, "fmt", "-", "--check").returncode, piped(done.stdout, "fmt", "-", "--check").returncode) == (
        1,
        0,
    )
    assert "+schema_version" in piped(text, "fmt", "-", "--diff").stdout
    broken = piped("id: [x\n", "fmt", "-")
    assert (broken.returncode, broken.stdout) == (1, "")
    assert "stdin:1:5" in broken.stderr


@pytest.mark.parametrize("arguments", [("-", "templates"), ("-", "--format", "json")])
def test_fmt_does_not_mix_standard_input_with_anything_else(arguments: tuple[str, ...]) -> None:
    done = piped("id: x\n", "fmt", *arguments)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


def test_fmt_speaks_json(file: Path) -> None:
    other = file.with_name("other.yaml")
    other.write_text("id: &a x\n")
    done = run("fmt", "--diff", "--format", "json", file, other)
    first, second = json.loads(done.stdout)["files"]
    assert done.returncode == 1
    assert (first["file"], first["changed"], first["refused"]) == (str(file), True, "")
    assert "+schema_version: '1.0'  # quoted\n" in first["patch"]
    assert (second["changed"], "is an anchor" in second["refused"]) == (False, True)
