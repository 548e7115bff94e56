"""Generated pages: they tell what the template says, every link has an end, and no contributor's text is markup."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import yaml

from registry import site
from registry.catalog import Catalogue, LedgerFile, Release
from registry.exports import EXPORTS, svg
from registry.pages import pages
from registry.pages.citations import evidence, mapping
from registry.pages.html import block, inline, link, prose
from registry.pages.page import Page, Shelf
from schema import shipped
from schema.check import check
from schema.facts import Vocabularies
from schema.ids import Ledger, Row, State, write
from schema.rules import RULES
from schema.template import from_data

ROOT = Path(__file__).parents[2]
REAL = ROOT / "templates" / "local-coding-assistant" / "template.yaml"
FULL = ROOT / "tests" / "data" / "full.yaml"
ATTACK = (
    "</p></div><script>alert(1)</script><img src=x onerror=alert(1)> **bold** [a](javascript:alert(1)) {{ 7*7 }} `x"
)
VOCABULARIES = shipped.vocabularies()


def release_of(file: Path) -> Release:
    checked = check(file.read_bytes(), str(file), shipped.facts(date(2026, 11, 20)))
    assert checked.template is not None
    return Release(checked.template, checked.data, file.read_bytes(), "2026-11-20T09:00:00Z", "")


def shelf_of(*releases: Release, missing: str = "") -> Shelf:
    return Shelf(
        catalogue=Catalogue(releases),
        vocabularies=VOCABULARIES,
        exports=EXPORTS,
        rules=RULES,
        schema=shipped.template_schema(),
        address="https://shelf.example",
        missing=missing or svg.available() or "",
    )


@pytest.fixture(scope="module")
def made() -> dict[str, Page]:
    return {page.path: page for page in pages(shelf_of(release_of(REAL), release_of(FULL)))}


@pytest.fixture
def numbered(numbers: LedgerFile) -> dict[str, Page]:
    """With a ledger that has an id in each state."""
    shelf = shelf_of(release_of(REAL), release_of(FULL))
    return {page.path: page for page in pages(replace(shelf, catalogue=replace(shelf.catalogue, ledger=numbers)))}


class Reading(HTMLParser):
    """What a browser would find: tags, attributes, ids, links and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: Counter[str] = Counter()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        for name, value in attrs:
            self.attributes[name] += 1
            if name == "id":
                self.ids.append(value or "")
            if name in ("href", "src") and value is not None:
                self.links.append(value)

    def handle_data(self, data: str) -> None:
        self.text += data


def poisoned(value: Any, path: tuple[str, ...] = ()) -> Any:
    """The same data with the attack behind every text that may be prose."""
    if isinstance(value, dict):
        return {key: poisoned(inner, (*path, key)) for key, inner in value.items()}
    if isinstance(value, list):
        return [poisoned(inner, path) for inner in value]
    return f"{value} {ATTACK}" if isinstance(value, str) and path[-1] in PROSE else value


PROSE = {
    *("title", "summary", "because", "action", "consequence", "item", "reason", "revisit_when", "name", "description"),
    *("motivation", "capability", "statement", "check", "if_wrong", "belief", "enforced_by", "entry", "exit", "system"),
    *("runs_as", "integrity_check", "carries", "returns", "protocol", "authentication", "encryption", "scenario"),
    *("requires", "gaps", "fixed_in", "detection", "requirement", "verify", "limits", "content", "when", "then"),
    *("detect_by", "goal", "narrative", "how", "as_a", "i_want", "so_that", "tasks", "accepted_by", "plan", "gap"),
    *("control", "ask", "default", "do", "open_questions", "included", "product", "versions", "tested", "owner", "by"),
    *("changes", "maps_to", "evidence", "source", "rated", "url", "language", "role", "tags"),
}


@pytest.fixture(scope="module")
def attacked() -> Release:
    data = poisoned(release_of(FULL).data)
    return Release(from_data(data), data, b"", "", "")


def test_a_template_s_page_tells_all_of_it(made: dict[str, Page]) -> None:
    template = release_of(FULL).template
    said = Reading(made["catalog/refund-assistant/index.md"].body).text
    plain = " ".join(said.split())
    parts = [
        *(threat.title for threat in template.threats),
        *(mitigation.title for mitigation in template.mitigations),
        *(assumption.if_wrong for assumption in template.assumptions),
        *(misbelief.belief for misbelief in template.wrong_assumptions),
        *(mode.then for mode in template.failure_modes),
        *(step.how for chain in template.attack_chains for step in chain.steps),
        *(excluded.reason for excluded in template.scope.excluded),
        *(risk.statement for risk in template.residual_risks),
        *(story.i_want for story in template.stories),
        *(step.do for step in template.adoption.steps if template.adoption),
        *(action.consequence for action in template.worst_actions),
        *template.open_questions,
        *(actor.name for actor in template.threat_actors),
        *(asset.name for asset in template.assets),
    ]
    assert [part for part in parts if " ".join(part.replace("`", "").split()) not in plain] == []
    assert "mapped against MITRE ATLAS 2026.09, MITRE ATT&CK for Enterprise 19.1" in plain


def test_a_template_s_page_tells_what_its_sources_said(made: dict[str, Page]) -> None:
    told = " ".join(Reading(made["catalog/refund-assistant/index.md"].body).text.split())
    for words in (
        "T-04 in QCSD, rated 6.5 on the scale CVSS 3.1 for what remains",
        "(read as: Second person)",
        "sensitivity low",
        "Speaks of Bank",
    ):
        assert words in told


def test_every_link_inside_a_template_s_page_has_its_end_there(made: dict[str, Page]) -> None:
    for path in ("catalog/local-coding-assistant/index.md", "catalog/refund-assistant/index.md"):
        found = Reading(made[path].body)
        ends = {href[1:] for href in found.links if href.startswith("#")}
        assert len(ends) > 10
        assert ends - set(found.ids) == set()
        assert [name for name, times in Counter(found.ids).items() if times > 1] == []


def test_links_out_of_a_page_are_relative_or_https(made: dict[str, Page]) -> None:
    links = {link for page in made.values() for link in Reading(page.body).links}
    assert [link for link in links if urlsplit(link).scheme not in ("", "https") or link.startswith("/")] == []


def test_no_text_of_a_contributor_becomes_markup(attacked: Release) -> None:
    clean = {page.path: Reading(page.body) for page in pages(shelf_of(release_of(FULL)))}
    for page in pages(shelf_of(attacked)):
        read = Reading(page.body)
        assert read.tags.keys() & {"script", "img", "iframe", "style", "b", "strong"} <= clean[page.path].tags.keys()
        assert [name for name in read.attributes if name.startswith("on")] == []
        assert [link for link in read.links if "javascript:" in link] == []
        if page.path.startswith("catalog/refund"):
            assert (
                "<script>alert(1)</script><img src=x onerror=alert(1)> **bold** [a](javascript:alert(1))" in read.text
            )


def test_title_and_description_are_escaped_for_the_theme_that_does_not(attacked: Release) -> None:
    page = next(page for page in pages(shelf_of(attacked)) if page.path.startswith("catalog/refund"))
    front = yaml.safe_load(page.text.split("---\n")[1])
    assert "<script>" not in front["title"] + front["description"]
    assert "&lt;script&gt;" in front["title"]


def test_without_the_renderer_a_page_names_what_is_missing_and_keeps_the_flows() -> None:
    made = {page.path: page for page in pages(shelf_of(release_of(REAL), missing=svg.MISSING))}
    page = made["catalog/local-coding-assistant/index.md"].body
    assert "apt-get install" in page
    assert '<tr id="flow-' in page
    assert "viewBox" not in page.split('id="flows"')[0]


def test_the_lines_to_copy_name_the_address_that_was_given(made: dict[str, Page]) -> None:
    line = "curl -O https://shelf.example/v1/templates/local-coding-assistant.yaml"
    assert line in made["catalog/local-coding-assistant/index.md"].body
    assert "https://shelf.example/v1/templates/SHA256SUMS" in made["take.md"].body


def test_every_format_is_offered(made: dict[str, Page]) -> None:
    page = made["catalog/local-coding-assistant/index.md"].body
    for export in EXPORTS:
        assert f'href="../../v1/templates/local-coding-assistant.{export.extension}"' in page


def test_every_threat_id_ever_given_has_its_page(made: dict[str, Page]) -> None:
    known = VOCABULARIES["known-threats"].entries
    assert {f"threats/{id_}.md" for id_ in known} <= made.keys()
    assert "How templates answer it" in made["threats/T-EXEC-002.md"].body
    assert "catalog/local-coding-assistant/#threat-hidden-instructions" in made["threats/T-EXEC-002.md"].body
    assert "No template answers this threat yet" in made["threats/T-RECON-002.md"].body


def test_a_threat_s_page_tells_its_state_and_its_rows(numbered: dict[str, Page]) -> None:
    page = Reading(numbered["threats/T-EXEC-002.md"].body)
    assert "Statepublished" in page.text
    assert "mail-sorter/orders-in-letter" in page.text
    assert "../../v1/ledger.csv" in page.links


def test_a_withdrawn_threat_keeps_its_page_with_the_reason_and_what_follows_it(numbered: dict[str, Page]) -> None:
    page = Reading(numbered["threats/T-EXEC-001.md"].body)
    said = " ".join(page.text.split())
    assert "Withdrawn, duplicate. The same as <b>T-EXEC-003</b>. Use T-EXEC-003 instead." in said
    assert "../T-EXEC-003/" in page.links
    assert page.tags["b"] == 0
    assert "No template answers this threat yet" not in said
    row = numbered["threats/index.md"].body.split('href="T-EXEC-001/"')[1].split("</li>")[0]
    assert "withdrawn" in row
    assert "no template yet" not in row


@pytest.mark.parametrize(
    ("number", "word", "sentence"),
    [("T-EXEC-007", "reserved", "held for a threat under review"), ("T-EXEC-008", "given up", "not given to another")],
)
def test_a_number_without_a_published_threat_has_a_page_without_text(
    numbered: dict[str, Page], number: str, word: str, sentence: str
) -> None:
    page = numbered[f"threats/{number}.md"]
    said = " ".join(Reading(page.body).text.split())
    assert sentence in said
    assert "No template answers this threat yet" not in said
    assert page.title == f"{number} {word}"
    index = numbered["threats/index.md"].body
    apart = index.split(f">{word.capitalize()}</h2>")[1].split("</section>")[0]
    assert f'href="{number}/"' in apart
    assert index.count(f'href="{number}/"') == 1


def test_the_front_page_counts_the_published_ids(
    numbered: dict[str, Page], made: dict[str, Page], numbers: LedgerFile
) -> None:
    carried = {threat.id for file in (REAL, FULL) for threat in release_of(file).template.threats if threat.id}
    given = carried | set(VOCABULARIES["known-threats"].entries)
    kept = [id_ for id_ in given if numbers.ledger.state(id_) in (None, State.PUBLISHED)]
    assert f'{len(given)} <a href="threats/">known threat ids' in made["index.md"].body
    assert f'{len(kept)} <a href="threats/">known threat ids' in numbered["index.md"].body
    assert len(kept) < len(given)


def test_no_text_of_the_ledger_becomes_markup() -> None:
    at = "2026-10-01T12:00:00Z"
    known, other = "T-EXEC-001", "T-EXEC-002"
    rows = [
        Row(at, known, State.PUBLISHED, f"x:{ATTACK}", title=ATTACK, by=ATTACK),
        Row(at, other, State.PUBLISHED, "x:y", title="Title"),
        Row(at, known, State.WITHDRAWN, reason="malicious", note=ATTACK, superseded_by="T-EXEC-999"),
    ]
    shelf = replace(shelf_of(), catalogue=Catalogue(ledger=LedgerFile(write(Ledger().extended(rows)))))
    found = {page.path: Reading(page.body) for page in pages(replace(shelf, vocabularies=without_known_threats()))}
    for path in ("threats/index.md", f"threats/{known}.md"):
        assert found[path].tags.keys() & {"script", "img"} == set()
        assert [name for name in found[path].attributes if name.startswith("on")] == []
        assert [link for link in found[path].links if "javascript:" in link or "999" in link] == []
        assert "<script>alert(1)</script><img src=x onerror=alert(1)> **bold**" in found[path].text


def without_known_threats() -> Vocabularies:
    known = replace(VOCABULARIES["known-threats"], entries={})
    return Vocabularies({**VOCABULARIES.by_name, "known-threats": known})


def test_threats_without_an_id_are_listed_as_pending(made: dict[str, Page]) -> None:
    assert "id pending" in made["threats/index.md"].body
    assert "../catalog/local-coding-assistant/#threat-hostile-workspace-files" in made["threats/index.md"].body


def test_every_rule_has_its_page(made: dict[str, Page]) -> None:
    for rule in RULES:
        page = made[f"reference/rules/{rule.name}.md"]
        assert f"<h1>{rule.name}</h1>" in page.body
        assert "## What" in page.body
        assert "## Fix" in page.body
        assert f'href="{rule.name}/"' in made["reference/rules/index.md"].body


def test_every_field_of_the_schema_is_in_the_reference(made: dict[str, Page]) -> None:
    said = Reading(made["reference/schema.md"].body).text
    assert [path for path in fields(shipped.template_schema()) if path not in said] == []


def fields(node: dict[str, Any], path: str = "") -> Iterator[str]:
    for name, inner in node.get("properties", {}).items():
        here = f"{path}.{name}" if path else name
        yield here
        yield from fields(inner, here)
        yield from fields(inner.get("items", {}), f"{here}[]")


@pytest.mark.parametrize(
    ("id_", "name", "url"),
    [
        ("AML.T0051.001", "Indirect", "https://atlas.mitre.org/techniques/AML.T0051.001"),
        ("T1059.004", "Unix Shell", "https://attack.mitre.org/techniques/T1059/004/"),
        ("LLM01:2026", "Prompt Injection", "https://github.com/GenAI-Security-Project/GenAI-LLM-Top10"),
        ("ASI01", "Agent Goal Hijack", "https://genai.owasp.org/"),
        ("T7", "", "https://genai.owasp.org/"),
        ("CWE-78", "", "https://cwe.mitre.org/data/definitions/78.html"),
        ("CAPEC-242", "", "https://capec.mitre.org/data/definitions/242.html"),
        ("nonsense", "", ""),
    ],
)
def test_an_id_of_a_vocabulary_leads_to_it(id_: str, name: str, url: str) -> None:
    found = mapping(id_, VOCABULARIES)
    assert found.id == id_
    assert name in found.name
    assert found.url.startswith(url)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("CVE-2025-59536", "https://www.cve.org/CVERecord?id=CVE-2025-59536"),
        ("GHSA-99qw-6mr3-36qr", "https://github.com/advisories/GHSA-99qw-6mr3-36qr"),
        ("AML.CS0051", "https://atlas.mitre.org/studies/AML.CS0051"),
        ("arXiv:2302.12173", "https://arxiv.org/abs/2302.12173"),
        ("https://example.com/a", "https://example.com/a"),
        ("ADR-001", "https://example.com/adr/001"),
        ("ADR-001:12-20", "https://example.com/adr/001"),
        ("ADR-999", ""),
    ],
)
def test_evidence_leads_to_its_source(text: str, url: str) -> None:
    assert evidence(text, release_of(FULL).template.references, VOCABULARIES).url == url


def test_only_code_becomes_markup() -> None:
    assert inline("set `a<b` & **go**") == "set <code>a&lt;b</code> &amp; **go**"
    assert inline("a ` alone") == "a ` alone"
    assert prose("one\ntwo\n\nthree `x`") == "<p>one\ntwo</p>\n<p>three <code>x</code></p>\n"
    assert block("\ta\n\n<b>\n") == "&#9;a&#10;&#10;&lt;b&gt;"


@pytest.mark.parametrize("address", ["javascript:alert(1)", "http://example.com", 'https://a"b', "https://a b", ""])
def test_an_address_that_is_not_plain_https_is_no_link(address: str) -> None:
    assert link(address, "words") == "words"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("built") / "site"
    site.build(site.shelf(Catalogue((release_of(REAL), release_of(FULL)))), out, ROOT, lambda _: None)
    return out


@pytest.mark.slow
def test_every_relative_link_of_the_built_site_leads_to_a_page_and_a_place(built: Path) -> None:
    read = {file: Reading(file.read_text("utf-8")) for file in built.rglob("*.html")}
    dead = {
        (file.relative_to(built).as_posix(), href)
        for file, page in read.items()
        if file.name != "404.html"
        for href in page.links
        if leads_nowhere(built, read, file, href)
    }
    assert dead == set()


def leads_nowhere(built: Path, read: dict[Path, Reading], file: Path, href: str) -> bool:
    parts = urlsplit(href)
    if parts.scheme or not (parts.path or parts.fragment):
        return False
    end = (file.parent / unquote(parts.path)).resolve() if parts.path else file
    if end.is_relative_to(built) and end.relative_to(built).parts[:1] in API:
        return False
    end = end / "index.html" if end.is_dir() else end
    if not end.is_file():
        return True
    return bool(parts.fragment) and unquote(parts.fragment) not in read[end].ids


API = {("v1",), ("schema",), (".well-known",), ("openapi.json",), ("feed.atom",)}
"""What the server, or the exported tree, puts beside the pages."""


@pytest.mark.slow
def test_settings_to_copy_arrive_as_they_were_written(attacked: Release, tmp_path: Path) -> None:
    content = "all:\n\tmake <b>\n\n\n    `x` **y** &amp; {{ z }}\n  \n# end"
    data = {
        **attacked.data,
        "mitigations": [{"key": "m", "title": "M", "config": {"content": content, "language": "x"}}],
    }
    site.build(
        site.shelf(Catalogue((Release(from_data(data), data, b"", "", ""),))), tmp_path / "site", ROOT, lambda _: None
    )
    page = (tmp_path / "site/catalog/refund-assistant/index.html").read_text("utf-8")
    code = re.search(r'aria-label="Settings for: M"><code>(.*?)</code>', page, re.DOTALL)
    assert code
    assert Reading(code[1]).text == content
    assert not re.search(r"<script>alert|<img|onerror=alert[^&]*>", page)


@pytest.mark.slow
def test_the_policy_names_every_inline_script_and_allows_no_other(built: Path) -> None:
    policy = (built / site.POLICY).read_text("utf-8").strip()
    assert "\n" not in policy
    scripts = re.search(r"script-src ([^;]*);", policy)
    assert scripts
    assert "unsafe-inline" not in scripts[1]
    assert scripts[1].count("'sha256-") > 0
    assert not any(re.search(r"<[a-z][^<>]*\son[a-z]+=", file.read_text("utf-8")) for file in built.rglob("*.html"))


@pytest.mark.slow
def test_a_site_that_cannot_be_built_leaves_the_one_before(tmp_path: Path) -> None:
    out, root = tmp_path / "site", tmp_path / "checkout"
    out.mkdir()
    (out / "index.html").write_text("before")
    (root / "site/docs").mkdir(parents=True)
    (root / "site/overrides").mkdir()
    (root / "mkdocs.yml").write_text((ROOT / "mkdocs.yml").read_text("utf-8"))
    (root / "site/docs/contribute.md").write_text("[nowhere](nowhere.md)")
    with pytest.raises(site.CannotRunError, match="the site cannot be built"):
        site.build(site.shelf(Catalogue()), out, root, lambda _: None)
    assert (out / "index.html").read_text() == "before"
