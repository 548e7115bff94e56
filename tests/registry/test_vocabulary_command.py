"""`threatshelf vocabulary` as maintainers meet it: official files in, our form out, and what now cites a retired id."""

import io
import json
import os
import shutil
import ssl
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from registry.vocabulary import atlas, attack, cwe
from registry.vocabulary.record import FormatError, Official, changes, merged, rendered
from schema.shipped import vocabularies, vocabulary_bytes

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data" / "vocabularies"
THREATSHELF = Path(sys.executable).with_name("threatshelf")


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [THREATSHELF, *map(str, arguments)], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )


def held(name: str) -> dict[str, Any]:
    raw: dict[str, Any] = json.loads(vocabulary_bytes(name))
    return raw


def entries(raw: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {entry["id"]: entry for entry in raw["entries"]}


def small(*records: dict[str, Any]) -> dict[str, Any]:
    return {"name": "atlas", "title": "MITRE ATLAS", "release": "2026.09", "entries": list(records)}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What the command reads and writes of a checkout: the vocabularies and the templates."""
    shutil.copytree(ROOT / "schema" / "vocabulary", tmp_path / "schema" / "vocabulary")
    shutil.copytree(ROOT / "templates", tmp_path / "templates")
    return tmp_path


def refresh(checkout: Path, name: str, file: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return run("vocabulary", "refresh", name, "--from", file, "--root", checkout, *more)


def edge(kind: str, source: str, target: str) -> dict[str, Any]:
    return {"source": source, "target": target, "relationship-type": kind}


def official_atlas() -> str:
    """What we hold of ATLAS, written as its publisher would."""
    raw, studies = held("atlas"), held("atlas-case-studies")
    active = [one for one in raw["entries"] if "status" not in one]
    relations: dict[str, Any] = {
        "ATLAS-matrix": {
            "sequences": [
                {**edge("sequences", "ATLAS-matrix", tactic["id"]), "position": place}
                for place, tactic in enumerate(raw["tactics"], 1)
            ]
        }
    }
    for one in active:
        relations[one["id"]] = {"achieves": [edge("achieves", one["id"], tactic) for tactic in one["tactics"]]}
        if "parent" in one:
            relations[one["id"]]["specializes"] = [edge("specializes", one["id"], one["parent"])]
    whole = {
        "format-version": "6.0.0",
        "collection": {"version": raw["release"], "modified-date": raw["released"]},
        "tactics": {one["id"]: one for one in sorted(raw["tactics"], key=lambda one: str(one["id"]))},
        "techniques": {one["id"]: {"id": one["id"], "name": one["name"]} for one in active},
        "case-studies": {one["id"]: {"id": one["id"], "name": one["name"]} for one in studies["entries"]},
        "relationships": relations,
    }
    return yaml.safe_dump(whole)


# The formats


def test_atlas_gives_techniques_tactics_in_the_order_of_the_matrix_and_case_studies() -> None:
    techniques, studies = atlas.read((DATA / "atlas.yaml").read_bytes())
    assert (techniques.release, techniques.released) == ("2026.12", "2026-12-15")
    assert [tactic["id"] for tactic in techniques.tactics] == ["AML.TA0002", "AML.TA0005"]
    assert techniques.entries[1] == {
        "id": "AML.T0051.000",
        "name": "Direct",
        "tactics": ["AML.TA0005"],
        "parent": "AML.T0051",
    }
    assert techniques.entries[2]["tactics"] == ["AML.TA0002", "AML.TA0005"]
    assert studies.entries == (
        {"id": "AML.CS0100", "name": "A Study", "url": "https://atlas.mitre.org/studies/AML.CS0100"},
    )


def test_attack_gives_what_is_in_force_revoked_and_deprecated() -> None:
    (official,) = attack.read((DATA / "attack.json").read_bytes())
    raw = merged(held("attack") | {"entries": []}, official)
    assert official.release == "20.0"
    assert list(official.tactics) == [
        {"id": "TA0001", "name": "Initial Access"},
        {"id": "TA0002", "name": "Execution"},
    ]
    assert raw["entries"] == [
        {"id": "T1034", "name": "Path Interception", "status": "deprecated"},
        {"id": "T1059", "name": "Command and Scripting Interpreter", "tactics": ["TA0002"]},
        {"id": "T1059.004", "name": "Unix Shell", "tactics": ["TA0002"], "parent": "T1059"},
        {"id": "T1064", "name": "Scripting", "status": "revoked", "replaced_by": "T1700"},  # by way of T1189
        {"id": "T1189", "name": "Drive-by", "status": "revoked", "replaced_by": "T1700"},
        {"id": "T1700", "name": "Drive-by Compromise", "tactics": ["TA0001"]},
    ]


def test_cwe_gives_weaknesses_and_neither_categories_nor_views_from_the_zip_or_its_xml() -> None:
    xml = (DATA / "cwe.xml").read_bytes()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("cwec_v4.20.xml", xml)
    (plain,) = cwe.read(xml)
    assert list(cwe.read(packed.getvalue())) == [plain]
    assert (plain.release, plain.released) == ("4.20", "2026-09-30")
    assert [entry["id"] for entry in plain.entries] == ["CWE-77", "CWE-9", "CWE-15"]
    assert plain.entries[1]["name"] == "Weak Access Permissions for Methods & Beans"
    assert plain.entries[2]["status"] == "deprecated"


BOMB = b'<!DOCTYPE a [<!ENTITY x "x"><!ENTITY y "&x;&x;">]><Weakness_Catalog Version="1">&y;</Weakness_Catalog>'


@pytest.mark.parametrize(
    ("read", "source", "reason"),
    [
        (atlas.read, b"a: [", "no YAML"),
        (atlas.read, b"id: ATLAS\nversion: 5.6.0\n", "not in format 6"),
        (atlas.read, b"format-version: 6.0.0\ncollection: {}\n", "no `tactics`"),
        (
            atlas.read,
            b"format-version: 6.0.0\ncollection: {}\ntactics: {}\ntechniques: {}\nrelationships: {}",
            "release",
        ),
        (attack.read, b"[", "no JSON"),
        (attack.read, b"[" * 100_000, "no JSON"),
        (attack.read, b'{"type": "report"}', "no STIX bundle"),
        (attack.read, b'{"type": "bundle", "objects": []}', "not the collection"),
        (cwe.read, b"<a>", "no XML"),
        (cwe.read, b"<a/>", "no catalogue"),
        (cwe.read, b"PK\x03\x04 but no more", "damaged"),
        (cwe.read, BOMB, "document type"),
    ],
)
def test_a_file_that_is_something_else_is_refused_with_the_reason(read: Any, source: bytes, reason: str) -> None:
    with pytest.raises(FormatError, match=reason):
        list(read(source))


@pytest.mark.parametrize(
    ("line", "instead", "reason"),
    [
        ("name: Direct,", "", "AML.T0051.000 has no name"),
        ("target: AML.T0051,", "target: AML.T9999,", "does not specialise"),
        (
            "{source: AML.T0051, target: AML.TA0005",
            "{source: AML.T0051, target: AML.TA9999",
            "no tactic that is listed",
        ),
        ("  AML.T0140: {", "  AML.T140: {", "another form"),
    ],
)
def test_a_relation_of_atlas_that_leads_nowhere_is_refused(line: str, instead: str, reason: str) -> None:
    text = (DATA / "atlas.yaml").read_text("utf-8")
    assert line in text
    with pytest.raises(FormatError, match=reason):
        list(atlas.read(text.replace(line, instead, 1).encode()))


# What becomes of what we hold


def test_what_we_hold_in_the_official_form_comes_back_byte_for_byte() -> None:
    for official in atlas.read(official_atlas().encode()):
        assert rendered(merged(held(official.name), official)).encode() == vocabulary_bytes(official.name)


def test_a_renamed_entry_keeps_every_name_it_had() -> None:
    before = small({"id": "A1", "name": "second", "former_names": ["first"]}, {"id": "A2", "name": "same"})
    official = Official("atlas", "2026.12", "", ({"id": "A1", "name": "third"}, {"id": "A2", "name": "same"}))
    raw = merged(before, official)
    assert entries(raw)["A1"]["former_names"] == ["second", "first"]
    assert "former_names" not in entries(raw)["A2"]
    back = merged(raw, Official("atlas", "2027.01", "", ({"id": "A1", "name": "first"},)))
    assert entries(back)["A1"]["former_names"] == ["third", "second"]


def test_an_id_that_is_no_longer_listed_is_kept_as_gone() -> None:
    before = small(
        {"id": "AML.T0001", "name": "Kept"}, {"id": "AML.T0002", "name": "Moved"}, {"id": "AML.T0003", "name": "Lost"}
    )
    official = Official(
        "atlas", "2026.12", "", ({"id": "AML.T0001", "name": "Kept"}, {"id": "AML.T0004.000", "name": "moved"})
    )
    assert merged(before, official)["entries"] == [
        {"id": "AML.T0001", "name": "Kept"},
        {"id": "AML.T0002", "name": "Moved", "status": "revoked", "replaced_by": "AML.T0004.000"},
        {"id": "AML.T0003", "name": "Lost", "status": "deprecated"},
        {"id": "AML.T0004.000", "name": "moved"},
    ]


def test_a_replacement_that_is_gone_too_is_followed_and_a_circle_ends() -> None:
    gone = [
        {"id": "A1", "name": "a", "status": "revoked", "replaced_by": "A2"},
        {"id": "A2", "name": "b", "status": "revoked", "replaced_by": "A3"},
        {"id": "A4", "name": "d", "status": "revoked", "replaced_by": "A5"},
        {"id": "A5", "name": "e", "status": "revoked", "replaced_by": "A4"},
    ]
    raw = merged(small(*gone), Official("atlas", "1.0", "", ({"id": "A3", "name": "c"},)))
    assert entries(raw)["A1"]["replaced_by"] == "A3"
    assert entries(raw)["A4"] == {"id": "A4", "name": "d", "status": "deprecated"}


def test_changes_are_told_by_kind_in_the_order_of_ids() -> None:
    before = small(
        {"id": "A1", "name": "old"},
        {"id": "A2", "name": "same"},
        {"id": "A3", "name": "three"},
        {"id": "A4", "name": "four", "status": "deprecated"},
    )
    after = small(
        {"id": "A1", "name": "new"},
        {"id": "A2", "name": "same"},
        {"id": "A3", "name": "three", "status": "revoked", "replaced_by": "A5"},
        {"id": "A4", "name": "four"},
        {"id": "A5", "name": "five"},
    )
    assert [(change.word, change.id, change.said) for change in changes(before, after)] == [
        ("renamed", "A1", "old -> new"),
        ("revoked", "A3", "three, replaced by A5"),
        ("back", "A4", "four"),
        ("new", "A5", "five"),
    ]


# The command


def test_the_list_names_every_vocabulary_with_its_release() -> None:
    told, listed = run("vocabulary", "list"), run("vocabulary", "list", "--format", "json")
    rows = json.loads(listed.stdout)["vocabularies"]
    assert (told.returncode, listed.returncode) == (0, 0)
    assert [row["name"] for row in rows] == list(vocabularies().by_name)
    assert all(f"{row['title']}, {row['release']}" in told.stdout for row in rows)


def test_a_refresh_without_news_changes_no_byte(checkout: Path, tmp_path: Path) -> None:
    file = tmp_path / "ATLAS-2026.09.yaml"
    file.write_text(official_atlas(), encoding="utf-8")
    done = refresh(checkout, "atlas", file)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "MITRE ATLAS, 2026.09: nothing changed",
        "MITRE ATLAS case studies, 2026.09: nothing changed",
    ]
    for name in ("atlas", "atlas-case-studies"):
        assert (checkout / "schema" / "vocabulary" / f"{name}.json").read_bytes() == vocabulary_bytes(name)


def test_a_new_release_is_written_and_templates_that_cite_what_is_gone_are_listed(
    checkout: Path, tmp_path: Path
) -> None:
    file = tmp_path / "ATLAS-2026.12.yaml"
    later = official_atlas().replace("'2026.09'", "'2026.12'").replace("AML.T0068", "AML.T0168")
    file.write_text(later.replace("LLM Jailbreak", "Jailbreak"), encoding="utf-8")
    done = refresh(checkout, "atlas", file)
    lines = done.stdout.splitlines()
    assert done.returncode == 1
    assert lines[0].startswith("MITRE ATLAS, 2026.09 -> 2026.12: ")
    assert any(line.split()[:2] == ["renamed", "AML.T0054"] for line in lines)
    assert any(line.split()[:2] == ["new", "AML.T0168"] for line in lines)
    assert any(line.split()[:2] == ["revoked", "AML.T0068"] and line.endswith("AML.T0168") for line in lines)
    cited = [line for line in lines if "templates/local-coding-assistant/template.yaml:" in line]
    assert cited
    assert all("`AML.T0068`" in line and "use `AML.T0168`" in line for line in cited)
    written = json.loads((checkout / "schema" / "vocabulary" / "atlas.json").read_bytes())
    assert (written["release"], written["licence"]) == ("2026.12", "Apache-2.0")
    assert entries(written)["AML.T0068"]["status"] == "revoked"


def test_a_dry_run_says_the_same_and_writes_nothing(checkout: Path, tmp_path: Path) -> None:
    before = {file: file.read_bytes() for file in checkout.rglob("*") if file.is_file()}
    file = tmp_path / "news" / "cwe.xml"
    file.parent.mkdir()
    shutil.copy(DATA / "cwe.xml", file)
    done = refresh(checkout, "cwe", file, "--dry-run")
    assert done.returncode == 1  # nearly all weaknesses are missing in the small file
    assert "4.20" in done.stdout
    assert {file: file.read_bytes() for file in before} == before


def test_what_cannot_be_done_is_said_in_one_sentence(checkout: Path, tmp_path: Path) -> None:
    older = tmp_path / "older.yaml"
    older.write_text(official_atlas().replace("'2026.09'", "'2026.07'"), encoding="utf-8")
    for name, file, root, said in [
        ("atlas", older, checkout, "held at 2026.09; the file is of 2026.07, older"),
        ("attack", older, checkout, "not the file that is published for attack"),
        ("cwe", tmp_path / "none", checkout, "cannot be read"),
        ("cwe", DATA / "cwe.xml", tmp_path / "elsewhere", "name the checkout"),
    ]:
        done = refresh(root, name, file)
        assert done.returncode == 2
        assert said in done.stderr
        assert done.stdout == ""
    assert (checkout / "schema" / "vocabulary" / "atlas.json").read_bytes() == vocabulary_bytes("atlas")


def test_json_says_the_same_to_machines(checkout: Path, tmp_path: Path) -> None:
    file = tmp_path / "ATLAS-2026.12.yaml"
    file.write_text(official_atlas().replace("'2026.09'", "'2026.12'").replace("AML.T0068", "AML.T0168"), "utf-8")
    done = refresh(checkout, "atlas", file, "--dry-run", "--format", "json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["vocabularies"][0]["after"]) == (1, "2026.12")
    assert {change["word"] for change in told["vocabularies"][0]["changes"]} == {"new", "revoked"}
    assert any(place["file"].startswith("templates/") and place["line"] > 1 for place in told["stale"])
    assert any("AML.T0068 (use AML.T0168)" in place["message"] for place in told["stale"])


# What may be cited


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["aml.t0002"], "formerly: Acquire Public ML Artifacts"),
        (["Acquire", "Public", "ML"], "AML.T0002  Acquire Public AI Artifacts"),
        (["AML.T0045"], "revoked: cite AML.T0048.004"),
        (["AML.T0051"], "tactics: AML.TA0005"),
        (["CWE-77"], "CWE-77  "),
    ],
)
def test_an_entry_is_found_by_its_id_and_by_names_old_and_new(words: list[str], said: str) -> None:
    done = run("vocabulary", "show", *words)
    assert (done.returncode, done.stderr) == (0, "")
    assert said in done.stdout


def test_what_is_nowhere_is_said_in_one_sentence() -> None:
    done = run("vocabulary", "show", "AML.T9999\x1b[2J")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "\x1b" not in done.stderr
    found = json.loads(run("vocabulary", "show", "--format", "json", "CWE-77").stdout)["found"]
    assert [(one["vocabulary"], one["id"]) for one in found] == [("cwe", "CWE-77")]


# From the publisher's address


class _Publisher(BaseHTTPRequestHandler):
    """What an address may answer with, by its path."""

    def do_GET(self) -> None:
        where = {"/moved": "/cwe.xml", "/downgraded": "http://127.0.0.1:1/cwe.xml", "/file": "file:///etc/hostname"}
        body = (DATA / "cwe.xml").read_bytes()
        self.send_response(404 if self.path == "/gone" else 302 if self.path in {**where, "/round": ""} else 200)
        if self.path in where or self.path == "/round":
            self.send_header("Location", where.get(self.path, "/round"))
        self.send_header("Content-Length", str(len(body) * (2 if self.path == "/short" else 1)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def publisher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """An https server on this machine, and the certificate by which it is known."""
    folder = tmp_path_factory.mktemp("publisher")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed: apt-get install openssl")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=publisher", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Publisher)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"https://127.0.0.1:{server.server_address[1]}", certificate
    server.shutdown()
    server.server_close()


def from_address(checkout: Path, address: str, certificate: Path | None) -> subprocess.CompletedProcess[str]:
    trusted = {"SSL_CERT_FILE": str(certificate)} if certificate else {}
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return subprocess.run(
        [THREATSHELF, "vocabulary", "refresh", "cwe", "--from", address, "--root", checkout, "--dry-run"],
        capture_output=True,
        text=True,
        check=False,
        env={**kept, **trusted},
    )


def test_a_vocabulary_is_taken_from_an_https_address_also_where_it_has_moved(
    checkout: Path, publisher: tuple[str, Path]
) -> None:
    address, certificate = publisher
    for path in ("/cwe.xml", "/moved"):
        done = from_address(checkout, address + path, certificate)
        assert (done.returncode, done.stderr) == (1, "")
        assert "-> 4.20" in done.stdout


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/gone", "answers 404"),
        ("/downgraded", "http://127.0.0.1:1/cwe.xml is no https address"),
        ("/file", "not allowed"),
        ("/round", "answers 302"),
        ("/short", "ended after"),
    ],
)
def test_an_address_that_does_not_give_the_file_changes_nothing(
    checkout: Path, publisher: tuple[str, Path], path: str, said: str
) -> None:
    address, certificate = publisher
    done = from_address(checkout, address + path, certificate)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
    assert said in done.stderr


def test_a_publisher_that_nobody_vouches_for_is_not_believed(checkout: Path, publisher: tuple[str, Path]) -> None:
    done = from_address(checkout, f"{publisher[0]}/cwe.xml", None)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "certificate" in done.stderr


@pytest.mark.parametrize("address", ["http://127.0.0.1/cwe.xml", "file:///etc/hostname", "https://", "https://[::1"])
def test_only_https_is_read(checkout: Path, address: str) -> None:
    done = from_address(checkout, address, None)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert address in done.stderr


def test_the_help_names_the_official_addresses() -> None:
    told = run("vocabulary", "refresh", "--help").stdout
    for host in ("raw.githubusercontent.com/mitre-atlas/", "raw.githubusercontent.com/mitre-attack/", "cwe.mitre.org/"):
        assert f"https://{host}" in told
