"""Views across templates: each says what the templates say, keeps gaps and misses listed, and can be kept itself."""

import json
from dataclasses import replace
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from registry import site
from registry.backtest import Named, Verdict, backtest
from registry.brief import Brief, brief, from_json, to_json
from registry.catalog import Catalogue, Release
from registry.exports.checklist import markdown, stages
from registry.pages import pages
from registry.publish import files_of
from registry.views.controls import FIRST, first, ranked
from registry.views.coverage import FRAMEWORKS, Coverage, coverage
from registry.views.incidents import KINDS, judged
from registry.views.recurrence import recurring
from schema import shipped
from schema.check import check
from schema.template import Config

ROOT = Path(__file__).parents[2]
CODING = ROOT / "templates" / "local-coding-assistant" / "template.yaml"
FULL = ROOT / "tests" / "data" / "full.yaml"
VOCABULARIES = shipped.vocabularies()
INCIDENTS = VOCABULARIES["incidents"]


@cache
def release_of(file: Path) -> Release:
    checked = check(file.read_bytes(), str(file), shipped.facts(date(2026, 11, 20)))
    assert checked.template is not None
    return Release(checked.template, checked.data, file.read_bytes(), "2026-11-20T09:00:00Z", "a" * 40)


@cache
def briefs() -> tuple[Brief, ...]:
    return brief(release_of(CODING)), brief(release_of(FULL))


def held_against(name: str) -> Coverage:
    framework = next(framework for framework in FRAMEWORKS if framework.name == name)
    return coverage(framework, briefs(), VOCABULARIES)


def document(path: str) -> Any:
    files = {file.path: file for file in files_of(Catalogue((release_of(CODING), release_of(FULL)), "b" * 40))}
    return json.loads(files[path].body)


@pytest.mark.parametrize("file", [CODING, FULL], ids=["coding", "full"])
def test_a_brief_is_the_same_after_it_was_kept_as_json(file: Path) -> None:
    made = brief(release_of(file))
    assert made.threats
    assert from_json(json.loads(json.dumps(to_json(made)))) == made


def test_every_technique_a_threat_names_is_covered_and_nothing_else() -> None:
    known = VOCABULARIES["atlas"].entries
    named = {id_ for found in briefs() for threat in found.threats for id_ in threat.maps_to if id_ in known}
    parents = {known[id_]["parent"] for id_ in named if known[id_].get("parent")}
    covered = {id_ for id_, entry in held_against("atlas").entries.items() if entry.told}
    assert covered == named | parents
    assert len(covered) > 20


def test_gaps_and_covered_entries_make_up_the_whole_framework() -> None:
    for framework in FRAMEWORKS:
        found = held_against(framework.name)
        assert found.entries
        for group in found.groups:
            assert len(group.covered) + len(group.gaps) == len(group.entries)


def test_openclaw_s_own_threats_count_by_id_and_by_the_name_they_have_there() -> None:
    found = held_against("openclaw-trust").entries
    assert len(found) == 37
    threat = release_of(CODING).template.threat_by_key["hidden-instructions"]
    assert found[threat.id].templates[0] == "local-coding-assistant"
    by_name = next(
        t for b in briefs() for t in b.threats if any(name.source == "openclaw/trust" for name in t.known_as)
    )
    assert found[by_name.known_as[0].id].told


def test_an_entry_taken_back_by_its_publisher_is_no_gap() -> None:
    gone = next(id_ for id_, entry in VOCABULARIES["atlas"].entries.items() if entry.get("status"))
    assert gone not in held_against("atlas").entries


def test_a_threat_in_two_templates_comes_before_one_in_one() -> None:
    twice = recurring((*briefs(), brief(release_of(CODING))))
    counts = [len(one.told) for one in recurring(briefs())]
    assert counts == sorted(counts, reverse=True)
    assert [one.id for one in twice] == [one.id for one in recurring(briefs())], "one template counts once"


def test_controls_are_ranked_by_the_distinct_threats_they_answer() -> None:
    found = ranked(briefs(), VOCABULARIES["controls"])
    counts = [len(control.threats) for control in found]
    assert counts == sorted(counts, reverse=True)
    mode = next(control for control in found if control.id == "OC-SBX-01")
    uses = [m for b in briefs() for m in b.mitigations if "OC-SBX-01" in m.controls]
    assert {use.mitigation.key for use in mode.uses} == {m.key for m in uses}
    assert {t.threat.key for t in mode.told} == {key for m in uses for key in m.threats}


def test_what_is_on_already_is_not_among_the_first_to_turn_on() -> None:
    steps = first(ranked(briefs(), VOCABULARIES["controls"]))
    assert len(steps) == FIRST
    for control in steps:
        assert any(use.mitigation.status == "available" for use in control.uses)


def test_a_document_tells_a_control_with_its_setting_and_where_it_is_used() -> None:
    told = document("v1/controls/OC-SBX-01.json")
    assert told["setting"].startswith("agents.defaults.sandbox.mode")
    assert {use["template"] for use in told["uses"]} >= {"local-coding-assistant"}
    assert told["answers"] >= told["to_turn_on"] > 0


def test_a_document_tells_a_technique_with_its_threats() -> None:
    told = document("v1/techniques/AML.T0051.001.json")
    assert (told["name"], told["parent"]) == ("Indirect", "AML.T0051")
    assert ("local-coding-assistant", "hidden-instructions") in [(t["template"], t["key"]) for t in told["threats"]]


def test_the_list_of_threats_counts_their_templates() -> None:
    threats = document("v1/threats.json")["threats"]
    assert all(threat["recurrence"] == len(set(threat["templates"])) for threat in threats)
    assert any(threat["recurrence"] for threat in threats)


def test_every_incident_is_answered_or_listed_as_a_miss() -> None:
    asked = [id_ for id_, entry in INCIDENTS.entries.items() if entry["kind"] in KINDS]
    assert sorted(verdict.incident for verdict in backtest()) == sorted(asked)
    assert [v.incident for v in backtest() if bool(v.named) == bool(v.miss)] == []


@pytest.mark.parametrize("verdict", [v for v in backtest() if v.named], ids=lambda verdict: verdict.incident)
def test_whoever_names_an_incident_is_on_the_shelf(verdict: Verdict) -> None:
    for named in verdict.named:
        read = release_of(ROOT / "templates" / named.template / "template.yaml").template
        assert named.threat in read.threat_by_key
        assert named.mitigation in read.mitigation_by_key
        assert named.mitigation in read.threat_by_key[named.threat].mitigated_by
        assert named.sentence.endswith(".")
        assert len(named.sentence.split()) >= 8


def test_a_verdict_about_another_shelf_s_template_is_a_miss_here() -> None:
    incident = "AML.CS0048"
    here = Named("local-coding-assistant", "gateway-found", "loopback-bind", "Nobody finds it.")
    for named, hits in ((here, 1), (Named("elsewhere", "x", "y", "z"), 0), (Named(here.template, "x", "y", "z"), 0)):
        found = {test.incident["id"]: test for test in judged(briefs(), [Verdict(incident, (named,))], INCIDENTS)}
        assert (len(found[incident].hits), bool(found[incident].miss)) == (hits, not hits)
        assert len(found) == 23
        assert all(test.miss for id_, test in found.items() if id_ != incident)


def test_a_checklist_holds_every_setting_to_turn_on_once_and_in_the_order_of_adoption() -> None:
    read = release_of(CODING).template
    found = stages(read, VOCABULARIES["controls"])
    keys = [item.mitigation.key for stage in found for item in stage.items]
    assert sorted(keys) == sorted(m.key for m in read.mitigations if m.status == "available")
    assert read.adoption is not None
    order = list(dict.fromkeys(step.when for step in read.adoption.steps))
    assert [stage.when for stage in found] == [when for when in order if when in {stage.when for stage in found}]


def test_a_checklist_to_take_has_a_box_a_check_and_the_settings_of_each_item() -> None:
    release = release_of(CODING)
    text = markdown(release, VOCABULARIES["controls"]).decode()
    items = [m for m in release.template.mitigations if m.status == "available"]
    assert text.count("- [ ] ") == len(items)
    assert text.count("- Check: ") >= sum(bool(m.verify) for m in items)
    for mitigation in items:
        if mitigation.config:
            assert all(f"  {line}" in text for line in mitigation.config.content.rstrip().splitlines() if line)


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_no_settings_break_out_of_a_checklist(end: str) -> None:
    release = release_of(CODING)
    hostile = end.join(("a", "# Heading", "```", "<script>alert(1)</script>", "- [ ] **item**", "", "# Again"))
    mitigations = [replace(m, config=Config(language="bash", content=hostile)) for m in release.template.mitigations]
    attacked = replace(release, template=replace(release.template, mitigations=tuple(mitigations)))
    tokens = MarkdownIt("commonmark").parse(markdown(attacked, VOCABULARIES["controls"]).decode())
    assert [token.content for token in tokens if token.type == "html_block"] == []
    assert {token.tag for token in tokens if token.type == "heading_open" and token.level == 0} == {"h1", "h2"}
    headings = [after.content for token, after in pairwise(tokens) if token.type == "heading_open"]
    assert not {"Heading", "Again"} & set(headings)
    assert sum("# Again" in token.content for token in tokens if token.type == "fence") > 10


def test_the_pages_show_what_the_documents_say() -> None:
    shown = {page.path: page.body for page in pages(site.shelf(Catalogue((release_of(CODING), release_of(FULL)))))}
    assert "Turn these ten settings on first" in shown["coverage/controls.md"]
    assert {f"coverage/{framework.name}.md" for framework in FRAMEWORKS} <= shown.keys()
    assert "AML.T0051.001" in shown["coverage/atlas.md"]
    assert shown["coverage/incidents.md"].count('class="answer"') == 23
    assert "Missed." in shown["coverage/incidents.md"]
    assert 'type="checkbox"' in shown["catalog/local-coding-assistant/checklist.md"]
