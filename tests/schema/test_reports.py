"""Findings for machines: SARIF that its own schema accepts, and annotations that no file can turn into commands."""

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from schema.check import check
from schema.finding import Finding, Place, Severity, pointer
from schema.reports import sarif
from schema.reports.github import annotations, guarded
from schema.reports.plain import as_json
from schema.rules import RULES
from schema.shipped import facts

HERE = Path(__file__).parent
DATA = HERE.parent / "data"
STORY = (DATA / "story.yaml").read_text("utf-8")
BAD = sorted((HERE / "rules").glob("*/bad*.yaml"))
KNOWN = facts(date(2026, 11, 20))
TOOL = sarif.Tool("0.1.0", "https://shelf.example", RULES)


def looked(text: str, file: str = "templates/release-notes-agent/template.yaml") -> sarif.Looked:
    checked = check(text.encode(), file, KNOWN)
    return sarif.Looked(file, text, checked.data, checked.findings)


def run_of(*files: sarif.Looked) -> Any:
    return sarif.log(files, TOOL)["runs"][0]


def prints(run: Any) -> list[str]:
    return [result["partialFingerprints"][sarif.FINGERPRINT] for result in run["results"]]


def finding(message: str, file: str = "template.yaml", severity: Severity = Severity.ERROR) -> Finding:
    return Finding("structure", severity, file, Place(3, 5, 3, 9), ("status",), message)


@pytest.fixture(scope="module")
def every_bad_file() -> list[sarif.Looked]:
    return [looked(path.read_text("utf-8"), f"rules/{path.parent.name}/{path.name}") for path in BAD]


def test_the_log_of_every_bad_file_is_valid_sarif(every_bad_file: list[sarif.Looked]) -> None:
    schema = json.loads((DATA / "sarif" / "sarif-2.1.0.json").read_text("utf-8"))
    log = json.loads(json.dumps(sarif.log(every_bad_file, TOOL)))
    faults = [
        (error.json_path, error.message)
        for error in jsonschema.Draft202012Validator(
            schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
        ).iter_errors(log)
    ]
    assert faults == []
    assert any("fixes" in result for result in log["runs"][0]["results"])


def test_every_finding_is_a_result_that_names_its_rule(every_bad_file: list[sarif.Looked]) -> None:
    run = run_of(*every_bad_file)
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [rule.name for rule in RULES]
    assert [result["ruleId"] for result in run["results"]] == [f.rule for one in every_bad_file for f in one.findings]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])
    for rule in rules:
        assert rule["helpUri"] == f"https://shelf.example/reference/rules/{rule['id']}/"
        assert all(f"{part}: " in rule["help"]["markdown"] for part in ("What", "Why", "Fix"))
        assert rule["fullDescription"]["text"].count("What:") == 0


def test_the_fixes_of_a_log_mend_the_file() -> None:
    text = STORY.replace("status: draft", "status: drafd", 1).replace("summary: ", "summery: ", 1)
    lines = text.split("\n")
    fixed = [result["fixes"][0] for result in run_of(looked(text))["results"] if "fixes" in result]
    for fix in reversed(fixed):
        (replacement,) = fix["artifactChanges"][0]["replacements"]
        region = replacement["deletedRegion"]
        assert region["startLine"] == region["endLine"]
        line = lines[region["startLine"] - 1]
        start, end = region["startColumn"] - 1, region["endColumn"] - 1
        lines[region["startLine"] - 1] = line[:start] + replacement["insertedContent"]["text"] + line[end:]
    assert "\n".join(lines) == STORY


def test_fingerprints_stay_when_lines_and_entries_come_above() -> None:
    text = STORY.replace("    if_wrong: Nothing in this model holds.\n", "", 1)
    other = "threat_actors:\n  - {key: somebody-else, name: Somebody else, kind: adversarial}\n"
    moved = "# a line\n# and another\n" + text.replace("threat_actors:\n", other, 1)
    before, after = prints(run_of(looked(text))), prints(run_of(looked(moved)))
    assert before
    assert set(before) <= set(after)


def test_fingerprints_tell_findings_apart(every_bad_file: list[sarif.Looked]) -> None:
    for one in every_bad_file:
        found = prints(run_of(one))
        assert len(set(found)) == len(found)


def test_the_same_fault_in_another_template_has_another_fingerprint() -> None:
    text = STORY.replace("status: draft", "status: drafd", 1)
    other = text.replace("id: release-notes-agent", "id: other-agent", 1)
    assert set(prints(run_of(looked(text)))).isdisjoint(prints(run_of(looked(other))))


@pytest.mark.parametrize(
    ("file", "location"),
    [
        ("templates/a b/template.yaml", {"uri": "templates/a%20b/template.yaml", "uriBaseId": "%SRCROOT%"}),
        ("javascript:x.yaml", {"uri": "javascript%3Ax.yaml", "uriBaseId": "%SRCROOT%"}),
        ("/a/ü.yaml", {"uri": "file:///a/%C3%BC.yaml"}),
        ("templates/\udcff.yaml", {"uri": "templates/%FF.yaml", "uriBaseId": "%SRCROOT%"}),
    ],
)
def test_a_file_name_becomes_an_address(file: str, location: dict[str, str]) -> None:
    run = run_of(sarif.Looked(file, "status: x\n", None, (finding("It is so.", file),)))
    assert run["artifacts"][0]["location"] == location
    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"] == location


def test_a_message_makes_no_link() -> None:
    run = run_of(sarif.Looked("t.yaml", "", None, (finding("`[prize](https://evil.example)` is no status."),)))
    assert "](" not in run["results"][0]["message"]["text"]


def test_an_annotation_is_one_command_with_everything_escaped() -> None:
    hostile = finding("100%\r\n::set-env name=A::b", "a,b:c%\n::error::x.yaml")
    (line,) = annotations([hostile], "https://shelf.example")
    assert line == (
        "::error file=a%2Cb%3Ac%25%0A%3A%3Aerror%3A%3Ax.yaml,line=3,endLine=3,col=5,endColumn=9,title=structure::"
        "100%25%0D%0A::set-env name=A::b%0Ahttps://shelf.example/reference/rules/structure/"
    )


def test_an_annotation_holds_nothing_that_a_terminal_obeys() -> None:
    (line,) = annotations([finding("\x1b[2J\u202e\u2028x")], "https://shelf.example")
    assert line.isprintable()


def test_the_worst_comes_first_because_github_drops_the_rest() -> None:
    given = [finding("x", severity=severity) for severity in reversed(Severity)]
    lines = list(annotations(given, "https://shelf.example"))
    assert [re.split("[: ]+", line)[1] for line in lines] == ["error", "warning", "notice"]


def test_in_guarded_lines_the_runner_looks_for_no_command() -> None:
    lines = list(guarded([" ::error::x", "##[error]x"], "a1b2"))
    assert (lines[0], lines[-1]) == ("::stop-commands::a1b2", "::a1b2::")
    assert lines[1:-1] == [" ::error::x", "##[error]x"]


def test_plain_data_says_whether_an_edit_is_sure() -> None:
    (found,) = looked(STORY.replace("status: draft", "status: drafd", 1)).findings
    told = as_json(found, "https://shelf.example")
    assert told["path"] == pointer(found.path) == "/status"
    assert told["edit"]["text"] == "draft"
    assert told["edit"]["sure"] is True
