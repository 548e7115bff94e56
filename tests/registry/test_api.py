"""The registry over real HTTP: the same bytes as the files, the headers of api.md, errors one can act on."""

import base64
import gzip
import hashlib
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import brotli
import httpx
import pytest
import zstandard

from registry.publish import throw_away
from registry.settings import Settings
from registry.store.catalogue import Store, url_of

LATEST = "/v1/templates/desk-assistant.yaml"
VERSION = "/v1/templates/desk-assistant/0.1.0.yaml"
EACH_ITS_OWN = ("date", "x-request-id")
SHORT = "public, max-age=300, stale-while-revalidate=3600, stale-if-error=86400"

Text = Callable[..., str]


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def test_one_digest_in_four_places(client: httpx.Client) -> None:
    answer = client.get(LATEST)
    digest = sha256(answer.content)
    assert answer.headers["etag"] == f'"{digest}"'
    assert f"{digest}  desk-assistant.yaml\n" in client.get("/v1/templates/SHA256SUMS").text
    (page,) = client.get("/v1/catalog.json").json()["pages"]
    templates = client.get(f"/v1/{page['href']}").json()["templates"]
    assert {t["id"]: t["sha256"] for t in templates}["desk-assistant"] == digest
    assert answer.headers["repr-digest"] == f"sha-256=:{base64.b64encode(bytes.fromhex(digest)).decode()}:"


def test_every_path_of_the_tree_is_served_byte_for_byte(client: httpx.Client, shelf: Any) -> None:
    files = dict(shelf.store.files())
    assert len(files) > 70
    for path, body in files.items():
        plain, short = client.get(f"/{path}"), client.get(f"/{path}", headers={"Accept-Encoding": "gzip"})
        assert (plain.status_code, plain.content) == (200, body), path
        assert short.content == body, path
        assert plain.headers["etag"] == f'"{sha256(body)}"'


def test_a_version_is_for_ever_and_the_latest_is_not(client: httpx.Client, shelf: Any) -> None:
    version, latest, report = (client.get(p) for p in (VERSION, LATEST, VERSION.replace("yaml", "md")))
    assert version.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert latest.headers["cache-control"] == report.headers["cache-control"] == SHORT
    first = shelf.checkout.git("log", "--reverse", "--format=%H").split()[0]
    assert version.headers["x-source-commit"] == first
    assert version.headers["last-modified"] == "Thu, 01 Oct 2026 12:00:00 GMT"
    assert report.headers["x-renderer"].startswith("threatshelf/")
    assert "x-renderer" not in version.headers


@pytest.mark.parametrize(
    ("path", "media_type", "disposition"),
    [
        (LATEST, "application/yaml", 'attachment; filename="desk-assistant.yaml"'),
        (VERSION, "application/yaml", 'attachment; filename="desk-assistant-0.1.0.yaml"'),
        ("/v1/templates/desk-assistant.json", "application/json", 'attachment; filename="desk-assistant.json"'),
        (
            "/v1/templates/desk-assistant.md",
            "text/markdown; charset=utf-8; variant=GFM",
            'attachment; filename="desk-assistant.md"',
        ),
        ("/v1/templates/desk-assistant/versions.json", "application/json", None),
        ("/v1/templates/SHA256SUMS", "text/plain; charset=utf-8", None),
        ("/v1/threats/T-EXEC-002.json", "application/json", None),
        ("/schema/v1/template.schema.json", "application/schema+json", None),
    ],
)
def test_a_file_says_what_it_is_and_how_to_call_it(
    client: httpx.Client, path: str, media_type: str, disposition: str | None
) -> None:
    answer = client.get(path)
    assert answer.headers["content-type"] == media_type
    assert answer.headers.get("content-disposition") == disposition


def test_who_has_the_file_is_sent_nothing(client: httpx.Client) -> None:
    first = client.get(LATEST)
    for headers in ({"If-None-Match": first.headers["etag"]}, {"If-Modified-Since": first.headers["last-modified"]}):
        again = client.get(LATEST, headers=headers)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        assert again.headers["cache-control"] == SHORT
    changed = {"If-None-Match": '"other"', "If-Modified-Since": first.headers["last-modified"]}
    assert client.get(LATEST, headers=changed).status_code == 200


def test_head_says_what_get_says_without_the_body(client: httpx.Client) -> None:
    for path in (LATEST, "/v1/catalog.json", "/v1/templates/desk-assistant", "/openapi.json"):
        get, head = client.get(path), client.head(path)
        assert (head.status_code, head.content) == (200, b"")
        assert {k: v for k, v in head.headers.items() if k not in EACH_ITS_OWN} == {
            k: v for k, v in get.headers.items() if k not in EACH_ITS_OWN
        }


DECODERS: dict[str, Callable[[bytes], bytes]] = {
    "br": brotli.decompress,
    "zstd": lambda raw: zstandard.ZstdDecompressor().decompress(raw),
    "gzip": gzip.decompress,
}


@pytest.mark.parametrize("coding", DECODERS)
def test_a_compressed_form_has_a_tag_and_a_digest_of_its_own(client: httpx.Client, coding: str) -> None:
    plain = client.get(LATEST)
    with client.stream("GET", LATEST, headers={"Accept-Encoding": coding}) as answer:
        raw = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == coding
    assert answer.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    assert answer.headers["etag"] == f'"{sha256(plain.content)}-{coding}"'
    assert len(raw) == int(answer.headers["content-length"]) < len(plain.content)
    assert DECODERS[coding](raw) == plain.content
    assert answer.headers["repr-digest"] == f"sha-256=:{base64.b64encode(hashlib.sha256(raw).digest()).decode()}:"
    for tag in (answer.headers["etag"], plain.headers["etag"]):
        again = client.get(LATEST, headers={"Accept-Encoding": coding, "If-None-Match": tag})
        assert (again.status_code, again.headers["etag"]) == (304, tag)


def test_who_wants_only_the_file_it_knows_is_told_of_another(client: httpx.Client) -> None:
    tag = client.get(LATEST).headers["etag"]
    assert client.get(LATEST, headers={"If-Match": tag}).status_code == 200
    other = client.get(LATEST, headers={"If-Match": '"older"'})
    assert (other.status_code, other.json()["code"]) == (412, "precondition-failed")


def test_a_part_can_be_fetched_and_joined(client: httpx.Client) -> None:
    whole = client.get(LATEST)
    size = len(whole.content)
    head = client.get(LATEST, headers={"Range": "bytes=0-99", "Accept-Encoding": "gzip"})
    tail = client.get(LATEST, headers={"Range": "bytes=100-", "If-Range": whole.headers["etag"]})
    assert (head.status_code, tail.status_code) == (206, 206)
    assert head.headers["content-range"] == f"bytes 0-99/{size}"
    assert head.content + tail.content == whole.content
    assert client.get(LATEST, headers={"Range": "bytes=0-9", "If-Range": '"old"'}).status_code == 200
    outside = client.get(LATEST, headers={"Range": f"bytes={size}-"})
    assert (outside.status_code, outside.headers["content-range"]) == (416, f"bytes */{size}")
    assert outside.json()["code"] == "range-not-satisfiable"


@pytest.mark.parametrize(
    ("accept", "extension"),
    [
        ("*/*", "json"),
        ("application/yaml", "yaml"),
        ("text/markdown;q=0.9, text/plain", "md"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "html"),
    ],
)
def test_without_an_extension_accept_decides(client: httpx.Client, accept: str, extension: str) -> None:
    for path in ("/v1/templates/desk-assistant", "/v1/templates/desk-assistant/0.1.0"):
        answer = client.get(path, headers={"Accept": accept})
        assert answer.content == client.get(f"{path}.{extension}").content
        assert answer.headers["vary"] == "Accept, Accept-Encoding"
        assert httpx.URL(path).join(answer.headers["content-location"]) == httpx.URL(f"{path}.{extension}")


def test_what_nobody_renders_is_not_acceptable(client: httpx.Client) -> None:
    answer = client.get("/v1/templates/desk-assistant", headers={"Accept": "image/png"})
    assert (answer.status_code, answer.json()["code"]) == (406, "not-acceptable")
    assert "application/yaml" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/templates/nothing.yaml", 404, "no-such-template"),
        ("GET", "/v1/templates/desk-assistant.pdf", 404, "no-such-template"),
        ("GET", "/v1/templates/nothing", 404, "no-such-template"),
        ("GET", "/v1/templates/desk-assistant/9.9.9", 404, "no-such-template"),
        ("GET", "/v1/threats/T-EXEC-999.json", 404, "no-such-threat"),
        ("GET", "/v1/", 404, "not-found"),
        ("GET", "/nothing", 404, "not-found"),
        ("GET", "/", 404, "not-found"),
        ("GET", "/v1/%00", 404, "not-found"),
        ("GET", "/v1/templates/%2e%2e/%2e%2e/etc/passwd", 404, "no-such-template"),
        ("GET", "/v1/" + "x" * 5000, 404, "not-found"),
        ("GET", "/v1/templates/ümlaut.yaml", 404, "no-such-template"),
        ("POST", "/v1/catalog.json", 405, "method-not-allowed"),
        ("DELETE", LATEST, 405, "method-not-allowed"),
        ("GET", "/v1/check", 404, "not-found"),
        ("GET", "/v1/search?limit=0", 422, "invalid-parameter"),
        ("GET", "/v1/search?limit=many", 422, "invalid-parameter"),
        ("GET", "/v1/search?after=nonsense", 400, "bad-cursor"),
    ],
)
def test_an_error_is_a_problem_with_a_code_and_advice(
    client: httpx.Client, method: str, path: str, status: int, code: str
) -> None:
    answer = client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    problem = answer.json()
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["type"] == f"urn:threatshelf:problem:{code}"
    assert len(problem["detail"]) > 20


def test_anybody_may_read_from_a_browser_and_nobody_may_frame(client: httpx.Client) -> None:
    for path in (LATEST, "/v1/nothing", "/v1/search", "/healthz"):
        answer = client.get(path)
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "ETag" in answer.headers["access-control-expose-headers"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    preflight = client.options(
        "/v1/check", headers={"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}
    )
    assert preflight.status_code == 204
    assert "POST" in preflight.headers["access-control-allow-methods"]


def test_check_says_what_is_wrong_at_its_line(client: httpx.Client, text: Text) -> None:
    answer = client.post("/v1/check", content=text(version="0.3.0", status="nonsense"))
    told = answer.json()
    assert (answer.status_code, told["ok"], answer.headers["cache-control"]) == (200, False, "no-store")
    (error,) = [finding for finding in told["findings"] if finding["severity"] == "error"]
    assert (error["rule"], error["path"], error["line"], error["column"]) == ("structure", "/status", 7, 9)


def test_check_knows_what_is_published(client: httpx.Client, text: Text) -> None:
    told = client.post("/v1/check", content=text(summary="Altered.")).json()
    assert [finding["rule"] for finding in told["findings"] if finding["severity"] == "error"] == ["version-raised"]
    assert client.post("/v1/check", content=text(version="0.3.0")).json()["ok"] is True


@pytest.mark.parametrize("body", [b"", b"\xff\xfe\x00", b"[" * 100_000, b"a: &a [*a, *a]", b"\x00", b"- {" * 9999])
def test_check_takes_anything(client: httpx.Client, body: bytes) -> None:
    answer = client.post("/v1/check", content=body)
    assert (answer.status_code, answer.json()["ok"]) == (200, False)


def test_check_refuses_what_is_too_large_declared_or_not(client: httpx.Client) -> None:
    def drops() -> Any:
        yield from (b"x" * 65_536 for _ in range(40))

    for content in (b"x" * 1_048_577, drops()):
        answer = client.post("/v1/check", content=content)
        assert (answer.status_code, answer.json()["code"]) == (413, "too-large")


def test_health_and_readiness(client: httpx.Client, shelf: Any) -> None:
    assert client.get("/healthz").json() == {"status": "alive"}
    ready = client.get("/readyz").json()
    assert (ready["status"], ready["commit"]) == ("ready", shelf.checkout.git("rev-parse", "main"))


def test_a_publication_is_seen_at_once(
    tmp_path: Path, two_templates: Any, published: Any, serve: Any, text: Text
) -> None:
    published(two_templates)
    with serve(Settings(database_url=url_of(tmp_path / "catalogue.db"))) as client:
        before = client.get(LATEST).headers["etag"]
        two_templates.write("desk-assistant", text(version="0.3.0"))
        two_templates.commit()
        published(two_templates)
        after = client.get(LATEST)
    assert after.headers["etag"] != before
    assert after.content == text(version="0.3.0").encode()


def test_openapi_describes_what_there_is_and_loads_nothing_from_elsewhere(client: httpx.Client) -> None:
    answer = client.get("/openapi.json")
    document = answer.json()
    paths = document["paths"]
    assert answer.headers["etag"] == f'"{sha256(answer.content)}"'
    for path in (
        "/v1/catalog.json",
        "/v1/templates/{id}.{format}",
        "/v1/threats/{threat}.json",
        "/v1/search",
        "/v1/check",
    ):
        assert path in paths
    operations = [operation["operationId"] for item in paths.values() for operation in item.values()]
    assert len(operations) == len(set(operations))
    assert client.get("/docs").status_code == client.get("/redoc").status_code == 404


def test_the_site_stands_behind_the_api(tmp_path: Path, two_templates: Any, published: Any, serve: Any) -> None:
    published(two_templates)
    site = tmp_path / "site"
    (site / "catalog").mkdir(parents=True)
    (site / "index.html").write_text("<!doctype html><title>Home</title>")
    (site / "404.html").write_text("<!doctype html><title>Lost</title>")
    (site / "catalog" / "index.html").write_text("<!doctype html><title>Catalogue</title>")
    (site / "csp.txt").write_text("default-src 'self'; script-src 'self' 'sha256-abc='\n")
    with serve(Settings(database_url=url_of(tmp_path / "catalogue.db"), site=site)) as client:
        home = client.get("/")
        assert "Home" in home.text
        assert home.headers["content-security-policy"] == "default-src 'self'; script-src 'self' 'sha256-abc='"
        assert client.get("/", headers={"If-None-Match": home.headers["etag"]}).status_code == 304
        assert "Catalogue" in client.get("/catalog/").text
        lost = client.get("/nothing/here")
        assert (lost.status_code, "Lost" in lost.text) == (404, True)
        assert client.get(LATEST).status_code == 200
        assert client.get("/v1/nothing").headers["content-type"] == "application/problem+json"
        for path in ("/%00", "/..%2f..%2fetc/passwd", "/" + "x" * 5000):
            assert client.get(path).status_code == 404
        assert client.post("/").status_code == 405


def test_an_author_sees_an_edit_at_once(tmp_path: Path, checkout: Any, text: Text, serve: Any) -> None:
    checkout.write("desk-assistant", text())
    throw_away(checkout.root, tmp_path / "serve.db", date(2026, 11, 20), print)
    with serve(Settings(database_url=url_of(tmp_path / "serve.db"))) as client:
        for path in (LATEST, VERSION, VERSION.replace("yaml", "md")):
            assert client.get(path).headers["cache-control"] == "no-cache"


def test_an_empty_catalogue_is_alive_but_not_ready(tmp_path: Path, serve: Any) -> None:
    with serve(Settings(database_url=url_of(tmp_path / "empty.db"))) as client:
        assert client.get("/healthz").status_code == 200
        ready = client.get("/readyz")
        assert (ready.status_code, ready.json()["code"]) == (503, "nothing-published")
        assert client.get("/v1/catalog.json").status_code == 404
        assert client.get("/v1/search?q=x").json()["hits"] == []


def test_our_own_fault_is_a_problem_without_our_insides(tmp_path: Path, store: Store, serve: Any) -> None:
    with serve(Settings(database_url=url_of(tmp_path / "catalogue.db"))) as client:
        with closing(sqlite3.connect(tmp_path / "catalogue.db")) as connection:
            connection.execute("ALTER TABLE stored_file RENAME TO lost")
        answer = client.get("/v1/catalog.json")
        assert (answer.status_code, answer.json()["code"]) == (500, "internal-error")
        assert "stored_file" not in answer.text
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert client.get("/healthz").status_code == 200


def test_json_and_yaml_say_the_same(client: httpx.Client) -> None:
    told = client.get("/v1/templates/desk-assistant/0.1.0.json").content
    data = json.loads(told)
    assert told == json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    assert (data["version"], data["threats"][0]["risk"]["likelihood"]) == ("0.1.0", 4)
