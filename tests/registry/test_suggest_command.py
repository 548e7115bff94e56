"""`threatshelf suggest` as its users meet it: a sentence in, five things to read and the limits out."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
THREATSHELF = Path(sys.executable).with_name("threatshelf")
TEXT = "A web page the agent reads tells it to mail our keys to a stranger"
CLEAR = "Data theft through web_fetch to an outside address"


def run(*arguments: object, given: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [THREATSHELF, "suggest", *map(str, arguments)], capture_output=True, text=True, check=False, input=given or ""
    )


def test_a_sentence_gets_a_category_threats_techniques_and_the_limits() -> None:
    done = run(TEXT, "--root", ROOT)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Category: ")
    assert "T-EXEC-002" in done.stdout
    assert done.stdout.count("  AML.T") == 5
    assert "stands out" in done.stdout
    assert "half the time" in done.stdout
    assert max(map(len, done.stdout.splitlines())) < 80
    assert "\x1b" not in done.stdout


def test_json_says_the_same_to_machines_and_stdin_is_read_for_a_dash() -> None:
    told = json.loads(run("-", "--category", "EXFIL", "--root", ROOT, "--format", "json", given=TEXT).stdout)
    same = json.loads(run(TEXT, "--category", "EXFIL", "--root", ROOT, "--format", "json").stdout)
    assert told == same
    assert told["categories"] == ["EXFIL"]
    assert all(set(one) == {"id", "name", "likeness"} for one in told["techniques"])
    assert told["limits"]


def test_outside_a_checkout_only_the_published_threats_are_known(tmp_path: Path) -> None:
    told = json.loads(run(TEXT, "--root", tmp_path, "--format", "json").stdout)
    assert told["threats"]
    assert all(one["key"].startswith("T-") for one in told["threats"])


def test_a_template_that_cannot_be_read_is_no_example_and_steers_no_terminal(tmp_path: Path) -> None:
    threat = '{{id: {0}, threats: [{{key: a, category: EXEC, title: "zyx {1}", scenario: zyx}}]}}'
    for name, title in (("good", "orders"), ("bad", "\\e[2J")):
        (tmp_path / "templates" / name).mkdir(parents=True)
        (tmp_path / "templates" / name / "template.yaml").write_text(threat.format(name, title), encoding="utf-8")
    done = run("zyx", "--root", tmp_path)
    assert done.returncode == 0
    assert "zyx orders (EXEC, good/a)" in done.stdout
    assert "bad/a" not in done.stdout
    assert "\x1b" not in done.stdout


def test_without_a_text_it_says_what_to_do() -> None:
    for done in (run(), run("  "), run("-")):
        assert done.returncode == 2
        assert "say the threat in a sentence" in done.stderr


def test_a_text_like_nothing_is_told_so(tmp_path: Path) -> None:
    done = run("zzz", "--root", tmp_path)
    assert done.returncode == 0
    assert done.stdout.count("it shares no word with what is known") == 3


def test_it_measures_itself_on_what_is_known() -> None:
    told = run("--measure", "--root", ROOT)
    figures = json.loads(run("--measure", "--root", ROOT, "--format", "json").stdout)
    assert set(figures) == {"category", "technique", "technique in its category"}
    for what, shares in figures.items():
        assert f"{what} " in told.stdout
        assert 0 < shares["1"] <= shares["3"] <= shares["5"] <= 1


def test_on_a_terminal_it_asks_for_what_was_not_said_and_ranks_inside_the_answer(
    on_a_terminal: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    answers = [("follows from it? ", f"{TEXT}\n"), ("]: ", "nonsense\n"), ("]: ", "exfil\n")]
    code, said = on_a_terminal(answers, "suggest", "--root", tmp_path)
    given = run(TEXT, "--category", "EXFIL", "--root", tmp_path)
    assert (code, "That is none of them." in said) == (0, True)
    assert said.endswith(given.stdout)


def test_only_a_clear_guess_is_the_answer_to_an_empty_line(
    on_a_terminal: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    code, said = on_a_terminal(
        [("Category, by name or number [not sure]: ", "\n")], "suggest", "zzz", "--root", tmp_path
    )
    assert (code, said.count("it shares no word with what is known")) == (0, 3)
    code, said = on_a_terminal([("Category, by name or number [EXFIL]: ", "\n")], "suggest", CLEAR, "--root", tmp_path)
    assert (code, "\nCategory: EXFIL (Exfiltration)\n" in said) == (0, True)


def test_a_former_name_of_a_technique_leads_to_it(tmp_path: Path) -> None:
    told = json.loads(run("Acquire Public ML Artifacts", "--root", tmp_path, "--format", "json").stdout)
    assert told["techniques"][0]["id"] == "AML.T0002"
